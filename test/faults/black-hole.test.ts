/**
 * Peers that take no bytes and give none: a process that is stopped, whose system still answers for it. Connections are taken
 * until its backlog is full, and then not even those.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { PointProfile } from '../../device-profiles/schema.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Sample } from '../../gateway/model.ts'
import { createModbusLine } from '../../gateway/sources/modbus/modbus-line.ts'
import { createMemoryLog } from '../support/memory-log.ts'

const WITHIN = { timeout: 20_000, interval: 20 }
const POINT: PointProfile = {
  ...{ id: 'level', name: { zh: '水位', en: 'Level' }, unit: '1', type: 'number' },
  modbus: { table: 'holding-register', address: 7, type: 'uint16' },
}

/** Answers every read of one register of Modbus TCP with 7, in a process of its own. */
const SERVER = `
require('node:net').createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (request) => {
    socket.write(Buffer.concat([request.subarray(0, 4), Buffer.of(0, 5, request[6], request[7], 2, 0, 7)]))
  })
}).listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { process.stdout.write(String(this.address().port)) })
`

async function startServer(): Promise<{ readonly port: number; readonly process: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  const [port] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]
  return { port: Number(port.toString()), process: child }
}

/** Until the system takes no further connection for it. */
async function fillBacklog(port: number): Promise<void> {
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (;;) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    const isTaken = await Promise.race([
      once(socket, 'connect').then(() => true),
      systemClock.sleep(400).then(() => false),
    ])
    if (!isTaken) return
  }
}

async function startLine(port: number) {
  const log = createMemoryLog()
  const unit = { deviceId: 'gauge', unitId: 1, pollIntervalMs: 50, points: [POINT] }
  const line = createModbusLine(
    {
      id: 'plc',
      transport: { type: 'modbus-tcp', host: '127.0.0.1', port },
      units: [unit],
      ...{ timeoutMs: 200, connectTimeoutMs: 300, reconnectDelayMs: 20, maxReconnectDelayMs: 100 },
    },
    { clock: systemClock, log },
  )
  onTestFinished(() => line.stop())
  const samples: Sample[] = []
  await line.start((sample) => {
    samples.push(sample)
    return Promise.resolve()
  })
  const good = () => samples.filter(({ type }) => type === 'registers').length
  const lastDetail = () => {
    const last = samples.at(-1)
    return last?.type === 'device-failure' ? last.detail : null
  }
  return { line, log, good, lastDetail, samples }
}

test('a peer that stops answering is left for a new connection, then known as unreachable, and found again', async () => {
  const server = await startServer()
  const { line, log, good, lastDetail, samples } = await startLine(server.port)
  await expect.poll(good, WITHIN).toBeGreaterThan(3)

  server.process.kill('SIGSTOP')
  await fillBacklog(server.port)
  // Half-open: the connection stands, and nothing comes of it. Then not even a new one does.
  await expect.poll(() => line.status().timeouts, WITHIN).toBeGreaterThanOrEqual(3)
  await expect.poll(lastDetail, WITHIN).toMatch(/cannot connect to 127\.0\.0\.1:[0-9]+: no answer within 300 ms/)
  expect(line.status()).toMatchObject({ connected: false, error: expect.stringContaining('no answer within 300 ms') })
  expect(samples.every((sample) => sample.type !== 'registers' || sample.words[0] === 7)).toBe(true)

  server.process.kill('SIGCONT')
  const before = good()
  await expect.poll(good, WITHIN).toBeGreaterThan(before + 3)
  expect(line.status()).toMatchObject({ connected: true, error: null })
  // One line for the failure and one for its end, however many tries lie between; and those of the unit.
  const said = log.lines.filter(({ message }) => message.includes('Modbus line')).map(({ level }) => level)
  expect(said).toEqual(['warn', 'info'])
})

test('a line to a black hole stops at once, and a line beside it is not held up', async () => {
  const [hole, healthy] = [await startServer(), await startServer()]
  hole.process.kill('SIGSTOP')
  await fillBacklog(hole.port)
  const [dark, lit] = [await startLine(hole.port), await startLine(healthy.port)]
  await expect.poll(dark.lastDetail, WITHIN).toMatch(/no answer within 300 ms/)
  const before = lit.good()
  await expect.poll(lit.good, WITHIN).toBeGreaterThan(before + 5)
  const count = dark.samples.length
  await dark.line.stop()
  expect(dark.good()).toBe(0)
  await expect.poll(lit.good, WITHIN).toBeGreaterThan(before + 10)
  expect(dark.samples.length - count).toBeLessThanOrEqual(1)
})
