/** mosquitto_pub and mosquitto_sub, which nobody here wrote, as clients of the broker. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Authentication } from '../../broker/access.ts'
import { hashPassword } from '../../broker/password-hash.ts'
import { Authority } from '../support/certificates.ts'
import { describeReal } from '../support/real-servers.ts'
import { startBroker } from '../support/running-broker.ts'
import { findProgram } from '../support/server-process.ts'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function program(name: string): string {
  const found = findProgram(name)
  if (found === undefined) throw new Error(`${name} is not installed; it comes with the package mosquitto-clients`)
  return found
}

async function publish(port: number, ...options: readonly string[]): Promise<Ended> {
  return await ended(spawn(program('mosquitto_pub'), ['-h', '127.0.0.1', '-p', String(port), ...options]))
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (bytes) => {
    stdout += String(bytes)
  })
  child.stderr?.on('data', (bytes) => {
    stderr += String(bytes)
  })
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

/** mosquitto_sub; its debug output says when it is subscribed. */
class Subscriber {
  readonly child: ChildProcess
  readonly lines: string[] = []
  #text = ''

  constructor(port: number, ...options: readonly string[]) {
    const all = ['-h', '127.0.0.1', '-p', String(port), '-d', '-F', 'MESSAGE %t %q %r %p', ...options]
    this.child = spawn('stdbuf', ['-oL', program('mosquitto_sub'), ...all])
    this.child.stdout?.on('data', (bytes) => {
      this.#text += String(bytes)
      const complete = this.#text.split('\n')
      this.#text = complete.pop() ?? ''
      this.lines.push(...complete)
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  get messages(): readonly string[] {
    return this.lines.flatMap((line) => (line.startsWith('MESSAGE ') ? [line.slice(8)] : []))
  }

  async subscribed(): Promise<this> {
    await expect.poll(() => this.lines.join('\n'), { timeout: 20_000 }).toContain('Subscribed')
    return this
  }

  async has(...messages: readonly string[]): Promise<void> {
    await expect.poll(() => this.messages, { timeout: 20_000 }).toEqual(messages)
  }

  async gone(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const closed = once(this.child, 'close')
    this.child.kill(signal)
    await closed
  }
}

describeReal('mosquitto_pub')('the clients of mosquitto', () => {
  test.each(['0', '1', '2'])('publish and subscribe at QoS %s', async (qos) => {
    const { port, messages } = await startBroker()
    const reader = await new Subscriber(port, '-t', 'site/+/level', '-q', qos).subscribed()
    expect(await publish(port, '-t', 'site/1/level', '-m', '1.5', '-q', qos)).toMatchObject({ code: 0 })
    await reader.has(`site/1/level ${qos} 0 1.5`)
    expect(messages).toHaveLength(1)
  })

  test('match wildcards as they do with their own broker', async () => {
    const { port } = await startBroker()
    const reader = await new Subscriber(port, '-t', 'a/#', '-t', '+/b', '-t', '/c').subscribed()
    for (const topic of ['a', 'a/x/y', 'z/b', 'z/b/c', '/c', 'c'])
      await publish(port, '-t', topic, '-m', 'x', '-q', '1')
    await reader.has('a 0 0 x', 'a/x/y 0 0 x', 'z/b 0 0 x', '/c 0 0 x')
  })

  test('find what is retained, and remove it', async () => {
    const { port } = await startBroker()
    await publish(port, '-t', 'site/level', '-m', '1.5', '-r', '-q', '1')
    const first = await new Subscriber(port, '-t', '#', '-q', '1').subscribed()
    await first.has('site/level 1 1 1.5')
    await publish(port, '-t', 'site/level', '-r', '-n', '-q', '1')
    const second = await new Subscriber(port, '-t', '#', '-q', '1').subscribed()
    await publish(port, '-t', 'last', '-m', 'x', '-q', '1')
    await second.has('last 1 0 x')
  })

  test('resume their session and find what came meanwhile', async () => {
    const { port } = await startBroker()
    const session = ['-i', 'reader', '-c', '-t', 'site/#', '-q', '2']
    const first = await new Subscriber(port, ...session).subscribed()
    await first.gone()
    await publish(port, '-t', 'site/a', '-m', '1', '-q', '1')
    await publish(port, '-t', 'site/b', '-m', '2', '-q', '2')
    const second = new Subscriber(port, ...session)
    await second.has('site/a 1 0 1', 'site/b 2 0 2')
  })

  test('leave a will when they die, and none when they say goodbye', async () => {
    const { port } = await startBroker()
    const watcher = await new Subscriber(port, '-t', 'wills/#', '-q', '1').subscribed()
    const will = (name: string) => ['--will-topic', `wills/${name}`, '--will-payload', 'gone', '--will-qos', '1']
    await (await new Subscriber(port, '-t', 'x', ...will('polite')).subscribed()).gone('SIGTERM')
    await (await new Subscriber(port, '-t', 'x', ...will('killed')).subscribed()).gone()
    await watcher.has('wills/killed 1 0 gone')
  })

  test('are kept alive by their pings', async () => {
    const { port, broker } = await startBroker()
    const reader = await new Subscriber(port, '-t', 'x', '-k', '5').subscribed()
    await expect.poll(() => reader.lines.join('\n'), { timeout: 25_000 }).toContain('received PINGRESP')
    expect(broker.stats()).toMatchObject({ clients: 1, refused: {} })
  })

  test.each([64 * 1024, 256 * 1024, 1024 * 1024])('send %d bytes at QoS 1, whole', async (size) => {
    const { port, messages } = await startBroker({ limits: { maxPacketBytes: 2 * 1024 * 1024 } })
    const folder = mkdtempSync(join(tmpdir(), 'outpost-payload-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const payload = Buffer.from(Array.from({ length: size }, (_, n) => (n * 31) & 0xff))
    writeFileSync(join(folder, 'payload'), payload)
    // Nobody subscribes: the message goes from the socket to the gateway. Then somebody does.
    expect(await publish(port, '-t', 'image', '-f', join(folder, 'payload'), '-q', '1')).toMatchObject({ code: 0 })
    expect(Buffer.compare(Buffer.from(messages[0]?.payload ?? []), payload)).toBe(0)
    const out = join(folder, 'received')
    const shell = `exec "${program('mosquitto_sub')}" -h 127.0.0.1 -p ${port} -t image -q 1 -C 1 -N > "${out}"`
    const reader = spawn('sh', ['-c', shell])
    await publish(port, '-t', 'image', '-f', join(folder, 'payload'), '-q', '1', '-r')
    if (reader.exitCode === null) await once(reader, 'close')
    expect(Buffer.compare(readFileSync(out), payload)).toBe(0)
  })

  test('see under $SYS what they see of their own broker', async () => {
    const { port } = await startBroker()
    const reader = await new Subscriber(
      port,
      '-t',
      '$SYS/broker/clients/connected',
      '-t',
      '$SYS/broker/version',
    ).subscribed()
    await expect.poll(() => reader.messages.length, { timeout: 20_000 }).toBe(2)
    expect(reader.messages).toContain('$SYS/broker/clients/connected 0 1 1')
  })

  describe('with a user', () => {
    const authentication = async (): Promise<Authentication> => {
      const rights = { type: 'topics', publish: ['site/{username}'], subscribe: [] } as const
      const passwordHash = await hashPassword(Buffer.from('drizzle-42'))
      return {
        type: 'users',
        users: [
          { name: 'tag', passwordHash, rights },
          { name: 'pump', certificate: 'pump.example', rights: { type: 'everything' } },
        ],
      }
    }

    test('are let in with the right password, and told when it is wrong or they have no right', async () => {
      const { port, messages } = await startBroker({ authentication: await authentication() })
      const user = ['-u', 'tag', '-P', 'drizzle-42', '-q', '1', '-m', 'x']
      expect(await publish(port, '-t', 'site/tag', ...user)).toMatchObject({ code: 0 })
      const wrong = await publish(port, '-t', 'site/tag', '-u', 'tag', '-P', 'no', '-m', 'x')
      expect(wrong).toMatchObject({ code: 4, stderr: expect.stringContaining('bad user name or password') })
      const reader = new Subscriber(port, '-u', 'tag', '-P', 'drizzle-42', '-t', '#')
      await expect.poll(() => reader.lines.join('\n'), { timeout: 20_000 }).toContain('128')
      expect(messages).toHaveLength(1)
    })

    test('are known by their certificate', async () => {
      const authority = new Authority()
      const clientCertificates = { caFile: authority.caFile, required: true }
      const tls = { ...authority.issue('station'), clientCertificates }
      const { port, messages } = await startBroker({
        listeners: [{ type: 'tls', host: '127.0.0.1', port: 0, tls }],
        authentication: await authentication(),
      })
      const own = authority.issue('pump.example')
      const secure = ['--cafile', authority.caFile, '-t', 'site/pump', '-m', 'x', '-q', '1']
      expect(await publish(port, ...secure, '--cert', own.certFile, '--key', own.keyFile)).toMatchObject({ code: 0 })
      expect((await publish(port, ...secure)).code).not.toBe(0)
      expect(messages).toHaveLength(1)
    })
  })
})
