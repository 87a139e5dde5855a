/** `outpost broker` as a process of its own, with mqtt.js as its client. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { hashPassword } from '../../../broker/password-hash.ts'
import { brokerCommand } from '../../../gateway/commands/broker-command.ts'
import { loadBrokerFile } from '../../../gateway/config/broker-file.ts'
import { formatAdvice, formatProblems } from '../../../gateway/config/problems.ts'
import { Authority } from '../../support/certificates.ts'
import { freePort } from '../../support/server-process.ts'

const MAIN = new URL('../../../gateway/main.ts', import.meta.url).pathname
let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outpost-broker-'))
  file = join(folder, 'broker.yaml')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

class RunningCommand {
  readonly #child: ChildProcess
  #text = ''

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, [MAIN, 'broker', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes) => {
        this.#text += String(bytes)
      })
    }
    onTestFinished(() => void this.#child.kill('SIGKILL'))
  }

  async says(words: string | RegExp): Promise<void> {
    await expect.poll(() => this.#text, { timeout: 100_000 }).toMatch(words)
  }

  signal(signal: 'SIGHUP' | 'SIGTERM'): void {
    this.#child.kill(signal)
  }

  async end(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'close')
    return this.#child.exitCode
  }
}

async function connected(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options })
  onTestFinished(() => client.endAsync(true))
  return client
}

test('runs with a file, takes changed users, keeps the last good ones, and stops cleanly', async () => {
  const port = await freePort()
  const passwordHash = await hashPassword(Buffer.from('drizzle-42'))
  const rights = { type: 'everything' }
  const write = (...names: readonly string[]): void => {
    const authentication = { type: 'users', users: names.map((name) => ({ name, passwordHash, rights })) }
    writeFileSync(file, stringify({ dataDirectory: './data', broker: { port, authentication } }))
  }
  write('field')
  const url = `mqtt://127.0.0.1:${port}`
  const command = new RunningCommand('--config', file)
  await command.says('"running"')
  const device = await connected(url, { username: 'field', password: 'drizzle-42' })
  await device.publishAsync('site/level', '1.5', { qos: 1, retain: true })
  write('field', 'page')
  command.signal('SIGHUP')
  await command.says('"changed"')
  writeFileSync(file, 'nonsense')
  command.signal('SIGHUP')
  await command.says('the last good one stays')
  const page = await connected(url, { username: 'page', password: 'drizzle-42' })
  const heard = Promise.withResolvers<string>()
  page.on('message', (_topic, payload) => heard.resolve(String(payload)))
  await page.subscribeAsync('site/#')
  expect(await heard.promise).toBe('1.5')
  command.signal('SIGTERM')
  expect(await command.end()).toBe(0)
}, 120_000)

test.each([
  [['--host', '0.0.0.0'], '--host'],
  [['--port', 'x'], '--port'],
  [['--config', 'a.yaml', '--port', '1'], '--config'],
  [['--colour', 'red'], 'colour'],
])('%j is a wrong command line', async (args, words) => {
  await expect(brokerCommand(args)).rejects.toThrow(words)
})

test('a file says where it is wrong', () => {
  const rights = { type: 'devices', devices: ['tag-1'] }
  const listeners = [{ type: 'tls', port: 8883, certFile: 'no.pem', keyFile: 'no.pem' }]
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration
  const authentication = { type: 'users', users: [{ name: 'field', password: '${FIELD}', rights }] }
  writeFileSync(file, stringify({ dataDirectory: './data', broker: { listeners, authentication, persistance: {} } }))
  const misspelt = loadBrokerFile(file, { environment: { FIELD: 'secret-secret' } })
  expect(misspelt.ok ? '' : formatProblems('broker.yaml', misspelt.problems)).toContain('did you mean "persistence"?')
  writeFileSync(file, stringify({ dataDirectory: './data', broker: { listeners, authentication } }))
  const wrong = loadBrokerFile(file, { environment: { FIELD: 'secret-secret' } })
  const text = wrong.ok ? '' : formatProblems('broker.yaml', wrong.problems)
  expect(text).toContain('certFile: expected a file, got')
  expect(text).toContain('expected the id of a device at the embedded broker, got "tag-1"; there are none')
  expect(text).not.toContain('secret-secret')
})

test('a certificate that is out of date is mentioned, and stops nothing', () => {
  const { certFile, keyFile } = new Authority().issue('station', { validDays: -1 })
  copyFileSync(certFile, join(folder, 'station.pem'))
  copyFileSync(keyFile, join(folder, 'key.pem'))
  const listeners = [{ type: 'tls', port: 8883, certFile: 'station.pem', keyFile: 'key.pem' }]
  writeFileSync(
    file,
    stringify({ dataDirectory: '.', broker: { listeners, authentication: { type: 'anonymous-on-loopback' } } }),
  )
  const result = loadBrokerFile(file, { environment: {} })
  expect(result.ok && formatAdvice(result.advice)).toMatch(
    /listeners\[0\]\.certFile: the certificate was valid until 20/,
  )
})
