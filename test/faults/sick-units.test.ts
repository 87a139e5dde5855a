/**
 * 32 units on one line, one dead and one answering garbage: the other 30 keep their pace. With the times that a line has by
 * default, on a fake clock: five minutes, in which the line also has to find out who is sick.
 *
 * OUTPOST_SICK_SECONDS=120 shows the same in real time, over TCP, RTU over TCP and a pseudo terminal, and tells the figures.
 */
import type { Duplex } from 'node:stream'
import { SerialPort } from 'serialport'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { PointProfile } from '../../device-profiles/schema.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Clock, Sample } from '../../gateway/model.ts'
import { createModbusLine } from '../../gateway/sources/modbus/modbus-line.ts'
import type { OpenTransport, TransportOptions } from '../../gateway/sources/modbus/transport.ts'
import { mulberry32 } from '../../simulator/mulberry32.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { createMemoryLine } from '../support/memory-line.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { startPtyPair } from '../support/modbus-servers.ts'
import { ModbusSlave, type SlaveAnswer, withCrc } from '../support/modbus-slave.ts'
import { hasServer } from '../support/real-servers.ts'

const UNITS = 32
const [DEAD, GARBAGE, NEIGHBOUR] = [2, 17, 18]
const INTERVAL_MS = 1_000
const SECONDS = 300
/** With 32 units the line is taken for most of each second; in real time for less, because a machine has other work too. */
const REPLY_MS = 24
const REAL_REPLY_MS = 12
const ADDRESS = 7
const realSeconds = Number(process.env.OUTPOST_SICK_SECONDS ?? 0)

const POINT: PointProfile = {
  ...{ id: 'level', name: { zh: '水位', en: 'Level' }, unit: '1', type: 'number' },
  modbus: { table: 'holding-register', address: ADDRESS, type: 'uint16' },
}

const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 73 + 11) & 0xff))

const KINDS: Readonly<Record<string, SlaveAnswer>> = {
  'noise instead of a reply': { type: 'changed', change: () => [noise(12)] },
  'much more noise than a reply, in pieces': {
    type: 'changed',
    change: () => Array.from({ length: 30 }, () => noise(10)),
  },
  'half a reply': { type: 'changed', change: (frame) => [frame.subarray(0, -3)] },
  'replies under the id of its neighbour': { type: 'wrong-unit', unitId: NEIGHBOUR },
  'the same, and late': { type: 'wrong-unit', unitId: NEIGHBOUR, afterMs: 1_150 },
  'a whole reply to something else': { type: 'changed', change: somethingElse },
  'its right reply twice': { type: 'changed', change: (frame) => [frame, frame] },
}

/** Two registers where one was asked for. */
function somethingElse(frame: Buffer): readonly Buffer[] {
  const isTcp = frame[2] === 0 && frame[3] === 0
  if (!isTcp) return [withCrc(Buffer.of(frame[0] ?? 0, 3, 4, 0, 1, 0, 2))]
  return [Buffer.concat([frame.subarray(0, 5), Buffer.of(7, frame[6] ?? 0, 3, 4, 0, 1, 0, 2)])]
}

const TRANSPORTS: Readonly<Record<string, TransportOptions>> = {
  TCP: { type: 'modbus-tcp', host: '127.0.0.1', port: 502 },
  'RTU over TCP': { type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: 4001 },
  'a serial line': {
    ...{ type: 'modbus-rtu', path: '/dev/bus', baudRate: 38_400, parity: 'none', dataBits: 8, stopBits: 1 },
  },
}

interface Far {
  readonly transport: TransportOptions
  readonly clock: Clock
  readonly replyMs: number
}

function createSlave(garbage: SlaveAnswer | null, { transport, clock, replyMs }: Far): ModbusSlave {
  return new ModbusSlave({
    ...{ framing: transport.type === 'modbus-tcp' ? 'tcp' : 'rtu', clock, independent: true },
    word: (_, address, unitId) => unitId * 1000 + address,
    answer: ({ unitId }) => {
      if (garbage !== null && unitId === DEAD) return { type: 'silence' }
      const isSick = garbage !== null && unitId === GARBAGE
      return { afterMs: replyMs, ...(isSick ? garbage : { type: 'right' }) }
    },
  })
}

interface Pace {
  /** Readings of each healthy unit. */
  readonly readings: readonly number[]
  readonly unconfirmed: number
  readonly failed: number
  /** Of any unit: another's value, and not marked. */
  readonly wrong: number
}

interface Running {
  readonly transport: TransportOptions
  readonly clock: Clock
  readonly open?: OpenTransport
  readonly wait: () => Promise<void>
}

async function paceOf({ transport, clock, open, wait }: Running): Promise<Pace> {
  const units = Array.from({ length: UNITS }, (_, index) => ({
    ...{ deviceId: String(index + 1), unitId: index + 1, pollIntervalMs: INTERVAL_MS, points: [POINT] },
  }))
  const line = createModbusLine({ id: 'line', transport, units }, { clock, log: createMemoryLog(), open })
  const readings = new Map(
    units.filter(({ unitId }) => ![DEAD, GARBAGE].includes(unitId)).map((unit) => [unit.unitId, 0]),
  )
  const told = { unconfirmed: 0, failed: 0, wrong: 0 }
  await line.start((sample: Sample) => {
    const unitId = Number(sample.deviceId)
    const count = readings.get(unitId)
    if (sample.type !== 'registers') told.failed += count === undefined ? 0 : 1
    else if (sample.unconfirmed === true) told.unconfirmed += count === undefined ? 0 : 1
    else if (sample.words[0] !== unitId * 1000 + ADDRESS) told.wrong++
    if (sample.type === 'registers' && count !== undefined) readings.set(unitId, count + 1)
    return Promise.resolve()
  })
  await wait()
  await line.stop()
  return { readings: [...readings.values()], ...told }
}

describe('the 30 healthy ones of 32 units keep nine tenths of their pace', () => {
  beforeEach(() => {
    const random = mulberry32(1)
    vi.spyOn(Math, 'random').mockImplementation(random)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const onFakeClock = (transport: TransportOptions, garbage: SlaveAnswer | null): Promise<Pace> => {
    const clock = new FakeClock()
    const slave = createSlave(garbage, { transport, clock, replyMs: REPLY_MS })
    const { open } = createMemoryLine((stream: Duplex) => slave.serve(stream))
    return paceOf({ transport, clock, open, wait: () => clock.advance(SECONDS * 1000) })
  }

  describe.each(Object.entries(TRANSPORTS))('on %s', (_, transport) => {
    let healthy: Pace | null = null

    test.each(Object.entries(KINDS))('while one is dead and one gives %s', async (__, garbage) => {
      healthy ??= await onFakeClock(transport, null)
      const sick = await onFakeClock(transport, garbage)
      const least = Math.min(...healthy.readings)
      // Nobody waits on a line without sick units.
      expect(least).toBeGreaterThan(SECONDS - 3)
      expect(Math.min(...sick.readings) / least).toBeGreaterThan(0.9)
      expect(sick.failed).toBe(0)
      expect(sick.unconfirmed).toBeLessThan(10)
      expect(sick.wrong).toBe(0)
    })
  })
})

describe.runIf(realSeconds > 0)('in real time', () => {
  async function serve(type: TransportOptions['type'], garbage: SlaveAnswer | null): Promise<TransportOptions> {
    const framing = { type, host: '127.0.0.1', port: 0 } as TransportOptions
    const slave = createSlave(garbage, { transport: framing, clock: systemClock, replyMs: REAL_REPLY_MS })
    if (type !== 'modbus-rtu') {
      await slave.start()
      onTestFinished(() => slave.stop())
      return { type, host: '127.0.0.1', port: slave.port }
    }
    const pair = await startPtyPair()
    onTestFinished(() => pair.stop())
    const port = new SerialPort({ path: pair.ends[1], baudRate: 38_400 })
    onTestFinished(() => new Promise((resolve) => port.close(() => resolve())))
    slave.serve(port)
    return { type, path: pair.ends[0], baudRate: 38_400, parity: 'none', dataBits: 8, stopBits: 1 }
  }

  test('the same', { timeout: (realSeconds + 60) * 1000 }, async () => {
    const types = [
      'modbus-tcp',
      'modbus-rtu-over-tcp',
      ...(hasServer('socat') ? (['modbus-rtu'] as const) : []),
    ] as const
    const wait = () => systemClock.sleep(realSeconds * 1000)
    const run = async (type: TransportOptions['type'], garbage: SlaveAnswer | null) =>
      paceOf({ transport: await serve(type, garbage), clock: systemClock, wait })
    const garbage = KINDS['noise instead of a reply'] as SlaveAnswer
    const results = await Promise.all(
      types.map(async (type) => ({
        type,
        ...(await bothOf(
          () => run(type, null),
          () => run(type, garbage),
        )),
      })),
    )
    console.table(results)
    for (const { ratio, wrong } of results) {
      expect(wrong).toBe(0)
      expect(ratio).toBeGreaterThan(0.9)
    }
  })

  /** Side by side, so that both have the same machine. */
  async function bothOf(runHealthy: () => Promise<Pace>, runSick: () => Promise<Pace>) {
    const [healthy, sick] = await Promise.all([runHealthy(), runSick()])
    const least = { healthy: Math.min(...healthy.readings), sick: Math.min(...sick.readings) }
    return { ...least, ratio: least.sick / least.healthy, failed: sick.failed, wrong: sick.wrong }
  }
})
