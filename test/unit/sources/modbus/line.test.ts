import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../../gateway/clock.ts'
import type { RequestResult } from '../../../../gateway/sources/modbus/exchange.ts'
import { Line } from '../../../../gateway/sources/modbus/line.ts'
import type { ModbusRequest } from '../../../../gateway/sources/modbus/pdu.ts'
import { type GivenTiming, resolveTiming } from '../../../../gateway/sources/modbus/timing.ts'
import type { TransportOptions } from '../../../../gateway/sources/modbus/transport.ts'
import { createMemoryLog, type MemoryLog } from '../../../support/memory-log.ts'
import { ModbusSlave, type SlaveOptions } from '../../../support/modbus-slave.ts'
import { freePort } from '../../../support/server-process.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function startSlave(options: SlaveOptions): Promise<ModbusSlave> {
  const slave = await new ModbusSlave(options).start()
  stops.push(() => slave.stop())
  return slave
}

function startLine(transport: TransportOptions, timing: GivenTiming, log: MemoryLog = createMemoryLog()): Line {
  const given = { reconnectDelayMs: 10, maxReconnectDelayMs: 40, quietAtStartMs: 5, ...timing }
  const line = new Line({ id: 'line', transport, timing: resolveTiming(transport, given) }, { clock: systemClock, log })
  stops.push(() => line.stop())
  line.start()
  return line
}

const tcp = (port: number): TransportOptions => ({ type: 'modbus-tcp', host: '127.0.0.1', port })
const rtu = (port: number): TransportOptions => ({ type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port })
const read = (address: number, count = 1): ModbusRequest => ({
  type: 'read',
  table: 'holding-register',
  address,
  count,
})
const right = (address: number, unconfirmed = false): object => ({
  type: 'reply',
  unconfirmed,
  reply: { type: 'words', words: Uint16Array.of(address) },
})

/** Tries again until the line is connected; the delay is only there to let it connect. */
async function untilReply(line: Line, address: number): Promise<RequestResult> {
  for (;;) {
    const result = await line.request(1, read(address))
    if (result.type === 'reply') return result
    await delay(5)
  }
}

describe.each([
  ['tcp', tcp],
  ['rtu', rtu],
] as const)('a line with %s framing', (framing, transport) => {
  test('asks one request after the other, in order, however many wait', async () => {
    let inFlight = 0
    const slave = await startSlave({
      framing,
      answer: () => {
        inFlight++
        expect(inFlight).toBe(1)
        return { type: 'changed', afterMs: 2, change: (frame) => (inFlight-- ? [frame] : []) }
      },
    })
    const line = startLine(transport(slave.port), { timeoutMs: 1000 })
    const addresses = Array.from({ length: 20 }, (_, index) => index * 7)
    const results = await Promise.all(addresses.map((address, index) => line.request((index % 4) + 1, read(address))))
    expect(results).toMatchObject(addresses.map((address) => right(address)))
    expect(slave.requests.map((request) => request.address)).toEqual(addresses)
  })

  test('lets commands and alarm points overtake the rest', async () => {
    const slave = await startSlave({ framing })
    const line = startLine(transport(slave.port), { timeoutMs: 1000 })
    const asked = (['rest', 'rest', 'alarm', 'rest', 'command'] as const).map((priority, index) =>
      line.request(1, read(index), { priority }),
    )
    // All wait for the connection, so that none was sent before the others came.
    expect(slave.requests).toEqual([])
    expect(await Promise.all(asked)).toMatchObject([0, 1, 2, 3, 4].map((address) => right(address)))
    expect(slave.requests.map((request) => request.address)).toEqual([4, 2, 0, 1, 3])
  })

  test('silence that was expected has its own time-out and does not cost the connection', async () => {
    const slave = await startSlave({
      framing,
      answer: ({ unitId }) => (unitId === 9 ? { type: 'silence' } : { type: 'right' }),
    })
    const line = startLine(transport(slave.port), {
      ...{ timeoutMs: 60_000, quietAfterTimeoutMs: 5, reconnectAfterTimeouts: 1 },
    })
    for (let time = 0; time < 3; time++) {
      const silent = await line.request(9, read(1), { timeoutMs: 20, silenceExpected: true })
      expect(silent).toMatchObject({ type: 'failure', failure: 'timeout', detail: 'no reply within 20 ms' })
      expect(silent).not.toHaveProperty('heard')
    }
    expect(await line.request(1, read(7))).toMatchObject(right(7))
    expect(slave.connections).toBe(1)
  })

  test('understands a reply in single bytes', async () => {
    const change = (frame: Buffer): Buffer[] => [...frame].map((byte) => Buffer.of(byte))
    const slave = await startSlave({ framing, answer: () => ({ type: 'changed', change }) })
    const line = startLine(transport(slave.port), { timeoutMs: 1000 })
    expect(await line.request(1, read(4711))).toMatchObject(right(4711))
  })

  test('what is in flight fails at once when the other side closes; what waits goes out on a new connection', async () => {
    const slave = await startSlave({
      framing,
      answer: ({ index }) => (index === 1 ? { type: 'silence' } : { type: 'right' }),
    })
    const log = createMemoryLog()
    const timing = { timeoutMs: 60_000, quietAfterTimeoutMs: 5, reconnectDelayMs: 60_000 }
    const line = startLine(transport(slave.port), timing, log)
    await line.request(1, read(1))
    const asked = [line.request(1, read(2)), line.request(2, read(3))]
    while (slave.requests.length < 2) await delay(1)
    slave.closeConnections()
    expect(await Promise.all(asked)).toMatchObject([{ type: 'failure', failure: 'cut-off' }, right(3)])
    expect(line.counters).toMatchObject({ connects: 2, cut: 1 })
    expect(line.error).toBeNull()
    // Many devices close idle connections: nothing to wake anybody for.
    expect(log.lines.map((entry) => entry.level)).toEqual(['debug'])
  })

  test('what waits fails when nobody listens any more, which is said once, and so is that it is back', async () => {
    const slave = await startSlave({
      framing,
      answer: ({ index }) => (index === 0 ? { type: 'right' } : { type: 'silence' }),
    })
    const log = createMemoryLog()
    const { port } = slave
    const line = startLine(transport(port), { timeoutMs: 60_000, quietAfterTimeoutMs: 5 }, log)
    await line.request(1, read(1))
    const lost = [line.request(1, read(2)), line.request(1, read(3))]
    while (slave.requests.length < 2) await delay(1)
    await slave.stop()
    expect(await Promise.all(lost)).toMatchObject([
      { type: 'failure', failure: 'cut-off' },
      { type: 'failure', failure: 'not-connected', detail: expect.stringContaining('nothing listens there') },
    ])
    await startSlave({ framing, port })
    await untilReply(line, 4)
    expect(log.lines.map((entry) => entry.level)).toEqual(['debug', 'warn', 'info'])
    expect(line.error).toBeNull()
  })

  test('a connection that never brings a reply is not opened again at once', async () => {
    const slave = await startSlave({ framing, answer: () => ({ type: 'close' }) })
    const line = startLine(transport(slave.port), { timeoutMs: 60_000, reconnectDelayMs: 60_000 })
    const [first, second] = await Promise.all([line.request(1, read(1)), line.request(1, read(2))])
    expect([first, second]).toMatchObject([{ failure: 'cut-off' }, { failure: 'not-connected' }])
    expect(slave.connections).toBe(1)
  })

  test('a half-open connection is found by time-outs and replaced', async () => {
    const slave: ModbusSlave = await startSlave({
      framing,
      answer: () => (slave.connections === 1 ? { type: 'silence' } : { type: 'right' }),
    })
    const line = startLine(transport(slave.port), { timeoutMs: 20, reconnectAfterTimeouts: 2 })
    expect(await line.request(1, read(1))).toMatchObject({ failure: 'timeout' })
    expect(await line.request(1, read(1))).toMatchObject({ failure: 'timeout' })
    await untilReply(line, 3)
    expect(slave.connections).toBe(2)
  })

  test('stops at once with a request in flight, twice', async () => {
    const slave = await startSlave({ framing, answer: () => ({ type: 'silence' }) })
    const line = startLine(transport(slave.port), { timeoutMs: 60_000 })
    const lost = [line.request(1, read(1)), line.request(1, read(2))]
    while (slave.requests.length === 0) await delay(1)
    await line.stop()
    await line.stop()
    expect(await Promise.all(lost)).toMatchObject([{ type: 'failure' }, { type: 'failure' }])
    expect(await line.request(1, read(3))).toMatchObject({ failure: 'not-connected' })
  })

  test('damaged, foreign and missing replies are failures, never values', async () => {
    const answers: NonNullable<SlaveOptions['answer']>[] = [
      () => ({ type: 'wrong-unit', unitId: 9 }),
      () => ({ type: 'changed', change: (frame) => [frame.subarray(0, -3)] }),
      () => ({ type: 'silence' }),
      () => ({ type: 'changed', change: () => [Buffer.from('garbage')] }),
      () => ({ type: 'close' }),
    ]
    const slave = await startSlave({
      framing,
      answer: (request) => answers[request.index]?.(request) ?? { type: 'right' },
    })
    const line = startLine(transport(slave.port), { timeoutMs: 30, reconnectAfterTimeouts: 1 })
    while (slave.requests.length < answers.length) {
      const result = await line.request(1, read(slave.requests.length))
      if (result.type === 'reply') expect.fail(`request ${slave.requests.length} gave a value`)
      await delay(5)
    }
    expect(await untilReply(line, 77)).toMatchObject({ reply: { words: Uint16Array.of(77) } })
  })

  test('writes are confirmed by their own echo', async () => {
    const slave = await startSlave({ framing })
    const line = startLine(transport(slave.port), { timeoutMs: 500 })
    const writes: ModbusRequest[] = [
      { type: 'write-coil', address: 3, value: true },
      { type: 'write-register', address: 4, value: 500 },
      { type: 'write-coils', address: 5, values: [true, false, true] },
      { type: 'write-registers', address: 6, values: [1, 2, 3] },
    ]
    for (const write of writes) expect(await line.request(1, write)).toMatchObject({ reply: { type: 'written' } })
    expect(slave.requests.map(({ functionCode, address }) => [functionCode, address])).toEqual([
      [5, 3],
      [6, 4],
      [15, 5],
      [16, 6],
    ])
  })
})

describe('a request with a shorter silence on RTU, whose reply is later still', () => {
  /** The first reply comes when the second request is in flight. */
  async function lateLine(): Promise<Line> {
    const slave = await startSlave({
      framing: 'rtu',
      answer: ({ index }) => ({ type: 'right', ...(index === 0 && { afterMs: 500 }) }),
    })
    const line = startLine(rtu(slave.port), { timeoutMs: 1000, quietAfterTimeoutMs: 300 })
    const cut = await line.request(1, read(7), { timeoutMs: 30, quietMs: 30, silenceExpected: true })
    expect(cut).toMatchObject({ failure: 'timeout' })
    return line
  }

  test('is neither taken for the reply of another unit nor in its way', async () => {
    const line = await lateLine()
    expect(await line.request(2, read(9))).toMatchObject(right(9))
    expect(line.counters).toMatchObject({ lateReplies: 1, refusedReplies: 0 })
  })

  test('is never a confirmed value of its own unit', async () => {
    const line = await lateLine()
    expect(await line.request(1, read(9))).toMatchObject(right(7, true))
    const after = await Promise.all([1, 2, 3, 4].map((address) => line.request(1, read(address))))
    expect(after.filter((result) => result.type === 'reply' && !result.unconfirmed).length).toBeGreaterThan(0)
    for (const [index, result] of after.entries()) {
      if (result.type === 'reply' && !result.unconfirmed) expect(result).toMatchObject(right(index + 1))
    }
  })
})

describe('late replies', () => {
  // Every tenth reply is late. The slave answers in order, as a device on a serial line does.
  const policies = [
    { name: 'silence longer than the lateness', lateMs: 60, quietMs: 80, reconnectAfterTimeouts: 99, sharedBus: false },
    {
      name: 'silence too short for the lateness',
      lateMs: 110,
      quietMs: 40,
      reconnectAfterTimeouts: 99,
      sharedBus: false,
    },
    {
      name: 'a new connection after each time-out',
      lateMs: 60,
      quietMs: 80,
      reconnectAfterTimeouts: 1,
      sharedBus: false,
    },
    {
      name: 'a new connection that the late reply finds',
      lateMs: 60,
      quietMs: 80,
      reconnectAfterTimeouts: 1,
      sharedBus: true,
    },
    { name: 'the same with too short a silence', lateMs: 110, quietMs: 40, reconnectAfterTimeouts: 1, sharedBus: true },
  ] as const

  for (const [framing, transport] of [
    ['rtu', rtu],
    ['tcp', tcp],
  ] as const) {
    test.each(policies)(`${framing}, $name: no wrong value is believed`, async (policy) => {
      const slave = await startSlave({
        framing,
        sharedBus: policy.sharedBus,
        nagle: true,
        answer: ({ index }) => ({ type: 'right', afterMs: index % 10 === 9 ? policy.lateMs : 1 }),
      })
      const line = startLine(transport(slave.port), {
        timeoutMs: 40,
        quietAfterTimeoutMs: policy.quietMs,
        reconnectAfterTimeouts: policy.reconnectAfterTimeouts,
      })
      const count = { good: 0, lost: 0, wrong: 0 }
      for (let address = 0; address < 60; address++) {
        const result = await line.request(1, read(address))
        if (result.type === 'failure') {
          count.lost++
          if (result.failure === 'not-connected') await delay(20)
          continue
        }
        const value = result.reply.type === 'words' ? result.reply.words[0] : undefined
        if (result.unconfirmed) continue
        if (value === address) count.good++
        else count.wrong++
      }
      expect(count.wrong).toBe(0)
      expect(count.lost).toBeGreaterThan(0)
      expect(count.good).toBeGreaterThan(15)
    })
  }

  test('on RTU the first reply after a time-out is unconfirmed, the next is not', async () => {
    const slave = await startSlave({
      framing: 'rtu',
      answer: ({ index }) => (index === 1 ? { type: 'silence' } : { type: 'right' }),
    })
    const line = startLine(rtu(slave.port), { timeoutMs: 20 })
    expect(await line.request(1, read(10))).toMatchObject(right(10))
    expect(await line.request(1, read(11))).toMatchObject({ failure: 'timeout' })
    expect(await line.request(2, read(12))).toMatchObject(right(12))
    expect(await line.request(1, read(13))).toMatchObject(right(13, true))
    expect(await line.request(1, read(14))).toMatchObject(right(14))
  })

  test('on RTU a new line does not take what was asked before it for the reply to its own first request', async () => {
    const slave = await startSlave({
      framing: 'rtu',
      sharedBus: true,
      answer: ({ index }) => ({ type: 'right', afterMs: index === 0 ? 80 : 0 }),
    })
    const before = startLine(rtu(slave.port), { timeoutMs: 400 })
    const unheard = before.request(1, read(10))
    while (slave.requests.length === 0) await delay(1)
    await before.stop()
    expect(await unheard).toMatchObject({ failure: 'cut-off' })
    const line = startLine(rtu(slave.port), { timeoutMs: 400, quietAtStartMs: undefined })
    // Where one came more may come, so that it is not yet believed.
    expect(await line.request(1, read(20))).toMatchObject(right(20, true))
    expect(line.counters).toMatchObject({ requests: 1, lateReplies: 1 })
    expect(await line.request(1, read(21))).toMatchObject(right(21))
  })

  test('on RTU nothing is sent before the missing reply has come or the silence is over, and the reply is dropped and counted', async () => {
    const times: number[] = []
    const slave = await startSlave({
      framing: 'rtu',
      answer: ({ index }) => {
        times.push(performance.now())
        return index === 1 ? { type: 'silence' } : { type: 'right', afterMs: index === 0 ? 60 : 0 }
      },
    })
    const line = startLine(rtu(slave.port), { timeoutMs: 20, quietAfterTimeoutMs: 100 })
    expect(await line.request(1, read(1))).toMatchObject({ failure: 'timeout' })
    expect(await line.request(2, read(2))).toMatchObject({ failure: 'timeout' })
    expect(await line.request(1, read(3))).toMatchObject(right(3, true))
    const [first = 0, second = 0, third = 0] = times
    expect(second - first).toBeGreaterThan(75)
    expect(third - second).toBeGreaterThan(115)
    expect(line.counters.lateReplies).toBe(1)
  })

  test('on TCP a late reply is dropped by its transaction id and the next value is good at once', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ index }) => ({ type: 'right', afterMs: index === 0 ? 250 : 0 }),
    })
    const line = startLine(tcp(slave.port), { timeoutMs: 200 })
    expect(await line.request(1, read(1))).toMatchObject({ failure: 'timeout' })
    expect(await line.request(1, read(2))).toMatchObject(right(2))
    expect(line.counters).toMatchObject({ timeouts: 1, lateReplies: 1, requests: 2 })
  })

  test('on RTU a reply that comes twice makes the next ones unconfirmed', async () => {
    const slave = await startSlave({
      framing: 'rtu',
      answer: ({ index }) => (index === 1 ? { type: 'changed', change: (frame) => [frame, frame] } : { type: 'right' }),
    })
    const line = startLine(rtu(slave.port), { timeoutMs: 40, interRequestDelayMs: 15 })
    await line.request(1, read(1))
    await line.request(1, read(2))
    expect(await line.request(1, read(3))).toMatchObject(right(3, true))
    expect(await line.request(1, read(4))).toMatchObject(right(4))
  })
})

describe('connecting', () => {
  test('a refused connection is tried again until somebody listens; requests fail meanwhile and say why', async () => {
    const port = await freePort()
    const line = startLine(tcp(port), { timeoutMs: 500 })
    const failed = await line.request(1, read(1))
    expect(failed).toMatchObject({ type: 'failure', failure: 'not-connected' })
    expect(line.error).toMatch(new RegExp(`cannot connect to 127.0.0.1:${port}: nothing listens there`))
    await startSlave({ framing: 'tcp', port })
    expect(await untilReply(line, 5)).toMatchObject(right(5))
    expect(line.error).toBeNull()
  })

  test('a host name that does not exist is a failure like any other', async () => {
    const line = startLine({ type: 'modbus-tcp', host: 'no-such-host.invalid', port: 502 }, {})
    const result = await line.request(1, read(1))
    expect(result).toMatchObject({ failure: 'not-connected' })
    expect(line.error).toMatch(/cannot connect to no-such-host.invalid:502/)
  })

  test('a serial port that does not exist is a failure that says what to check', async () => {
    const line = startLine(
      { type: 'modbus-rtu', path: '/dev/no-such-port', baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 },
      {},
    )
    expect(await line.request(1, read(1))).toMatchObject({ failure: 'not-connected' })
    expect(line.error).toMatch(/cannot open the serial port \/dev\/no-such-port: it does not exist/)
  })

  test('a peer that is no Modbus device is left, not waited for', async () => {
    const greeting = Buffer.from('220 mail.example ESMTP\r\n')
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'changed', change: () => [greeting] }) })
    const line = startLine(tcp(slave.port), { timeoutMs: 60_000 })
    expect(await line.request(1, read(1))).toMatchObject({
      failure: 'cut-off',
      detail: expect.stringMatching(/not a Modbus TCP header: 32 32 30/),
    })
  })

  test('a connection that is released is closed on the wire too, and the next request opens another', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const timing = resolveTiming(tcp(slave.port), {})
    const line = new Line(
      { id: 'line', transport: tcp(slave.port), timing, connection: 'release-between-polls' },
      { clock: systemClock, log: createMemoryLog() },
    )
    stops.push(() => line.stop())
    line.start()
    for (let opened = 1; opened <= 3; opened++) {
      expect(await line.request(1, read(5))).toMatchObject(right(5))
      expect(slave).toMatchObject({ connections: opened, connected: 1 })
      while (slave.connected > 0) await delay(10)
    }
    expect(line.connected).toBe(true)
  })

  test('pauses after connecting and between requests', async () => {
    const times: number[] = []
    const slave = await startSlave({
      framing: 'tcp',
      answer: () => {
        times.push(performance.now())
        return { type: 'right' }
      },
    })
    const before = performance.now()
    const line = startLine(tcp(slave.port), { connectDelayMs: 50, interRequestDelayMs: 30 })
    await Promise.all([line.request(1, read(1)), line.request(1, read(2))])
    expect((times[0] ?? 0) - before).toBeGreaterThan(48)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(28)
  })
})
