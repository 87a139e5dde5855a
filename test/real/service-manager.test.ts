/** What systemd hears of the gateway, through its own systemd-notify; the test listens on the socket in its place. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { GatewayProcess } from '../support/gateway-process.ts'
import { describeReal } from '../support/real-servers.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/**
 * As systemd does it: takes datagrams, and closes the descriptor that comes with a barrier, which is how the sender knows that all
 * before it was read while it still lived.
 */
const LISTEN = `
import os, socket, sys
listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listening.bind(sys.argv[1])
print("listening", flush=True)
while True:
    words, descriptors, _, _ = socket.recv_fds(listening, 4096, 8)
    for descriptor in descriptors: os.close(descriptor)
    print(words.decode().strip(), flush=True)
`

class NotifySocket {
  readonly path: string
  readonly #child: ChildProcessByStdio<null, Readable, null>
  #heard = ''

  static async open(): Promise<NotifySocket> {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-notify-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const socket = new NotifySocket(join(folder, 'socket'))
    await socket.hears('listening')
    return socket
  }

  private constructor(path: string) {
    this.path = path
    this.#child = spawn('/usr/bin/python3', ['-c', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    ends.push(() => this.#child.kill())
    this.#child.stdout.on('data', (bytes) => {
      this.#heard += String(bytes)
    })
  }

  get words(): readonly string[] {
    return this.#heard.split('\n').filter((word) => word !== '')
  }

  count(word: string): number {
    return this.words.filter((heard) => heard === word).length
  }

  async hears(word: string, times = 1): Promise<void> {
    while (this.count(word) < times) await once(this.#child.stdout, 'data')
  }
}

async function createGateway(environment: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.create({ devices: [], environment })
  ends.push(() => gateway.remove())
  return gateway
}

describeReal('systemd-notify', 'python3')('systemd', () => {
  test('hears that the gateway is ready, lives at twice the pace it demands, and stops', async () => {
    const socket = await NotifySocket.open()
    const gateway = await createGateway({ NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '400000' })
    gateway.launch()
    await socket.hears('READY=1')
    expect(gateway.output).toContain('"msg":"running"')
    await socket.hears('WATCHDOG=1', 3)
    await gateway.end('SIGTERM')
    await socket.hears('STOPPING=1')
    await socket.hears('STATUS=stopping')
    expect(socket.words.filter((word) => word !== 'WATCHDOG=1' && word !== 'BARRIER=1')).toEqual([
      ...['listening', 'READY=1', 'STATUS=running', 'STOPPING=1', 'STATUS=stopping'],
    ])
  })

  test('that watches another process hears nothing of a watchdog', async () => {
    const socket = await NotifySocket.open()
    const environment = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }
    const gateway = await createGateway(environment)
    await gateway.start()
    await socket.hears('READY=1')
    await gateway.end('SIGTERM')
    await socket.hears('STATUS=stopping')
    expect(socket.count('WATCHDOG=1')).toBe(0)
  })

  test('that cannot be told costs one line in the log and nothing else', async () => {
    const gateway = await createGateway({ NOTIFY_SOCKET: '/nowhere/socket', WATCHDOG_USEC: '100000' })
    await gateway.start()
    await gateway.said('the service manager cannot be told')
    expect(await gateway.end('SIGTERM')).toBe(0)
    expect(gateway.output.split('the service manager cannot be told')).toHaveLength(2)
  })
})
