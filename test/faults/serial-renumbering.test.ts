/** USB adapters that come back under another number while the gateway runs: each line stays with its own adapter. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SerialPort } from 'serialport'
import { expect, onTestFinished, test } from 'vitest'
import type { PointProfile } from '../../device-profiles/schema.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Sample } from '../../gateway/model.ts'
import { createModbusLine } from '../../gateway/sources/modbus/modbus-line.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { type PtyPair, startPtyPair } from '../support/modbus-servers.ts'
import { ModbusSlave } from '../support/modbus-slave.ts'
import { describeReal } from '../support/real-servers.ts'

const POINT: PointProfile = {
  ...{ id: 'level', name: { zh: '水位', en: 'Level' }, unit: '1', type: 'number' },
  modbus: { table: 'holding-register', address: 7, type: 'uint16' },
}
const WITHIN = { timeout: 15_000, interval: 20 }

/** An adapter whose bus has one unit with one value. */
interface Adapter {
  readonly value: number
  readonly pair: PtyPair
}

async function startAdapter(value: number): Promise<Adapter> {
  const pair = await startPtyPair()
  onTestFinished(() => pair.stop())
  await serve({ value, pair })
  return { value, pair }
}

async function serve({ value, pair }: Adapter): Promise<void> {
  const port = new SerialPort({ path: pair.ends[1], baudRate: 19_200, autoOpen: false })
  await new Promise<void>((done, fail) => port.open((error) => (error ? fail(error) : done())))
  onTestFinished(() => new Promise((done) => (port.isOpen ? port.close(() => done()) : done())))
  new ModbusSlave({ framing: 'rtu', word: () => value }).serve(port)
}

async function startLine(path: string) {
  const line = createModbusLine(
    {
      id: path,
      transport: { type: 'modbus-rtu', path, baudRate: 19_200, parity: 'none', dataBits: 8, stopBits: 1 },
      units: [{ deviceId: 'gauge', unitId: 1, pollIntervalMs: 30, points: [POINT] }],
      ...{ timeoutMs: 1_000, quietAtStartMs: 10, reconnectDelayMs: 20, maxReconnectDelayMs: 50 },
    },
    { clock: systemClock, log: createMemoryLog() },
  )
  onTestFinished(() => line.stop())
  const samples: Sample[] = []
  await line.start((sample) => {
    samples.push(sample)
    return Promise.resolve()
  })
  const values = (): readonly number[] =>
    samples.flatMap((sample) => (sample.type === 'registers' ? [sample.words[0] ?? Number.NaN] : []))
  const more = async (): Promise<void> => {
    const before = values().length
    await expect.poll(() => values().length, WITHIN).toBeGreaterThan(before + 3)
  }
  return { values, more, line }
}

describeReal('socat')('adapters that are numbered anew', () => {
  test('each line follows the stable name of its adapter, and never reads the other one', async () => {
    const dev = mkdtempSync(join(tmpdir(), 'outpost-dev-'))
    onTestFinished(() => rmSync(dev, { recursive: true }))
    mkdirSync(join(dev, 'by-id'))
    const link = (name: string, target: string): void => {
      rmSync(join(dev, name), { force: true })
      symlinkSync(target, join(dev, name))
    }
    const [first, second] = [await startAdapter(111), await startAdapter(222)]
    link('ttyUSB0', first.pair.ends[0])
    link('ttyUSB1', second.pair.ends[0])
    link('by-id/first', '../ttyUSB0')
    link('by-id/second', '../ttyUSB1')
    const lines = [await startLine(join(dev, 'by-id/first')), await startLine(join(dev, 'by-id/second'))]
    for (const { more } of lines) await more()

    // A jolt at the hub: both are gone at once, and come back in the other order.
    await Promise.all([first, second].map(({ pair }) => pair.pullOut()))
    for (const name of ['by-id/first', 'by-id/second', 'ttyUSB0', 'ttyUSB1']) rmSync(join(dev, name))
    for (const { line } of lines) {
      await expect.poll(() => line.status().error, WITHIN).toMatch(/it does not exist; check the path/)
    }
    for (const adapter of [second, first]) {
      await adapter.pair.plugIn()
      await serve(adapter)
    }
    link('ttyUSB0', second.pair.ends[0])
    link('ttyUSB1', first.pair.ends[0])
    link('by-id/first', '../ttyUSB1')
    link('by-id/second', '../ttyUSB0')
    for (const { more } of lines) await more()
    expect(lines.map(({ values }) => new Set(values()))).toEqual([new Set([111]), new Set([222])])
    expect(lines.map(({ line }) => line.status().error)).toEqual([null, null])
  })
})
