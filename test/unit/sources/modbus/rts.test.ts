/**
 * RTS as the direction of an RS-485 transceiver: against a port in memory, against serialport's own mock, and on a pseudo
 * terminal, which has no RTS. No test here has a wire.
 */
import { SerialPortMock } from 'serialport'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../gateway/clock.ts'
import { Line } from '../../../../gateway/sources/modbus/line.ts'
import { RtsSwitch, type SwitchedPort } from '../../../../gateway/sources/modbus/rts-switch.ts'
import { resolveTiming } from '../../../../gateway/sources/modbus/timing.ts'
import type { RtsSettings, SerialSettings, TransportOptions } from '../../../../gateway/sources/modbus/transport.ts'
import { connectionOf } from '../../../../gateway/sources/modbus/transport-serial.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { startPtyPair } from '../../../support/modbus-servers.ts'
import { describeReal } from '../../../support/real-servers.ts'

const RTS: RtsSettings = { whileSending: 'high', beforeSendMs: 2, afterSendMs: 3 }
const SETTINGS: SerialSettings = {
  path: '/dev/bus',
  baudRate: 9600,
  parity: 'none',
  dataBits: 8,
  stopBits: 1,
  rts: RTS,
}
/** Eight bytes of ten bits at 9600 baud. */
const REQUEST = Buffer.of(1, 3, 0, 7, 0, 1, 0x35, 0xcb)
const ON_WIRE_MS = 80_000 / 9600

interface Written {
  readonly at: number
  readonly what: string
}

/** `drainMs`: how long the driver keeps the bytes; a USB adapter's lets go of them at once. */
function memoryPort(clock: FakeClock, { drainMs = 0, fails = '' } = {}) {
  const events: Written[] = []
  const note = async (what: string, ms = 0): Promise<void> => {
    if (what === fails) throw new Error('Input/output error, cannot set')
    if (ms > 0) await clock.sleep(ms)
    events.push({ at: Math.round(clock.now().mono * 10) / 10, what })
  }
  const port: SwitchedPort = {
    set: ({ rts }) => note(rts ? 'high' : 'low'),
    write: (bytes) => note(`${bytes.length} bytes`),
    drain: () => note('drained', drainMs),
  }
  return { port, events }
}

describe('switching', () => {
  test.each([
    ['an adapter that takes the bytes at once', 0],
    ['a port whose driver waits for the last byte', ON_WIRE_MS],
  ])('lasts from before the first byte until after the last one, with %s', async (_, drainMs) => {
    const clock = new FakeClock()
    const { port, events } = memoryPort(clock, { drainMs })
    const direction = new RtsSwitch(port, { settings: SETTINGS, rts: RTS, clock })
    await direction.listen()
    const sent = direction.send(REQUEST)
    await clock.advance(0)
    await clock.advance(100)
    await sent
    expect(events.map(({ what }) => what)).toEqual(['low', 'high', '8 bytes', 'drained', 'low'])
    expect(events[2]?.at).toBe(2)
    expect(events[4]?.at).toBeCloseTo(2 + ON_WIRE_MS + 3, 0)
  })

  test('a transceiver that sends while RTS is low', async () => {
    const clock = new FakeClock()
    const { port, events } = memoryPort(clock)
    const rts: RtsSettings = { whileSending: 'low', beforeSendMs: 0, afterSendMs: 0 }
    const direction = new RtsSwitch(port, { settings: SETTINGS, rts, clock })
    await direction.listen()
    const sent = direction.send(REQUEST)
    await clock.advance(0)
    await clock.advance(100)
    await sent
    expect(events.map(({ what }) => what)).toEqual(['high', 'low', '8 bytes', 'drained', 'high'])
  })

  test('a request that never leaves the port is a failure of the next one, not a mixture of two', async () => {
    const clock = new FakeClock()
    const { port, events } = memoryPort(clock, { drainMs: 60_000 })
    const direction = new RtsSwitch(port, { settings: SETTINGS, rts: RTS, clock })
    void direction.send(REQUEST)
    await clock.advance(0)
    await clock.advance(1_000)
    await expect(direction.send(REQUEST)).rejects.toThrow('the request before this one has not left the port')
    expect(events.map(({ what }) => what)).toEqual(['high', '8 bytes'])
  })
})

describe('a serial connection with RTS', () => {
  async function openMock() {
    SerialPortMock.binding.reset()
    SerialPortMock.binding.createPort('/dev/bus', { echo: false, record: true })
    const port = new SerialPortMock({ path: '/dev/bus', baudRate: 9600, autoOpen: false })
    await new Promise<void>((done, fail) => port.open((error) => (error ? fail(error) : done())))
    const flags: object[] = []
    const binding = port.port
    if (binding === undefined) throw new Error('the mock is open')
    const set = binding.set.bind(binding)
    binding.set = (options) => {
      flags.push(options)
      return set(options)
    }
    return { port, binding, flags }
  }
  type Opened = Parameters<typeof connectionOf>[0]

  test('listens from the start, switches for each request, and keeps DTR up', async () => {
    const { port, binding, flags } = await openMock()
    const settings = { ...SETTINGS, rts: { ...RTS, beforeSendMs: 0, afterSendMs: 0 } }
    const heard = Promise.withResolvers<Uint8Array>()
    const connection = await connectionOf(port as unknown as Opened, {
      settings,
      clock: systemClock,
      onData: heard.resolve,
    })
    expect(flags).toMatchObject([{ rts: false, dtr: true }])
    connection.write(REQUEST)
    await expect.poll(() => flags.length).toBe(3)
    expect(flags).toMatchObject([{ rts: false }, { rts: true, dtr: true }, { rts: false, dtr: true }])
    expect(binding.recording).toEqual(REQUEST)
    binding.emitData(Buffer.of(1, 2, 3))
    expect(await heard.promise).toEqual(Buffer.of(1, 2, 3))
    connection.close()
    await connection.closed
  })

  test('without it RTS is left alone', async () => {
    const { port, binding, flags } = await openMock()
    const settings = { ...SETTINGS, rts: undefined }
    const connection = await connectionOf(port as unknown as Opened, { settings, clock: systemClock, onData: () => {} })
    connection.write(REQUEST)
    await expect.poll(() => binding.recording.length).toBe(REQUEST.length)
    connection.close()
    await connection.closed
    expect(flags).toEqual([])
  })

  test('ends where it can no longer be switched, and says why', async () => {
    const { port, binding } = await openMock()
    const connection = await connectionOf(port as unknown as Opened, {
      ...{ settings: SETTINGS, clock: systemClock, onData: () => {} },
    })
    binding.set = () => Promise.reject(new Error('Input/output error, cannot set'))
    connection.write(REQUEST)
    expect(await connection.closed).toBe('Input/output error, cannot set')
    expect(port.isOpen).toBe(false)
    expect(binding.recording).toHaveLength(0)
  })
})

describeReal('socat')('a port without RTS', () => {
  test('is refused where RTS is configured, in so many words, and is free for others afterwards', async () => {
    const pair = await startPtyPair()
    onTestFinished(() => pair.stop())
    const transport: TransportOptions = { type: 'modbus-rtu', ...SETTINGS, path: pair.ends[0] }
    const start = (given: TransportOptions): Line => {
      const timing = resolveTiming(given, { timeoutMs: 50, reconnectDelayMs: 20, quietAtStartMs: 5 })
      const line = new Line({ id: 'line', transport: given, timing }, { clock: systemClock, log: createMemoryLog() })
      onTestFinished(() => line.stop())
      line.start()
      return line
    }
    const read = { type: 'read', table: 'coil', address: 0, count: 1 } as const
    const line = start(transport)
    const refused = await line.request(1, read)
    expect(refused).toMatchObject({
      failure: 'not-connected',
      detail: expect.stringMatching(/^cannot switch RTS of the /),
    })
    expect(refused).toMatchObject({ detail: expect.stringMatching(/; take rts out, where it needs none$/) })
    await line.stop()
    const plain = start({ ...transport, rts: undefined })
    expect(await plain.request(1, read)).toMatchObject({ failure: 'timeout' })
  })
})
