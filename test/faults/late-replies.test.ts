/**
 * A slave that is late with every tenth reply, in every way that has been seen to shift values on other gateways: on a
 * serial port, behind a serial gateway that drops the late reply with the old connection or hands it to the new one, with a
 * silence that is long enough or too short, and with a new connection at once or never. No value may be wrong and good.
 *
 * OUTPOST_LATE_READS=100000 makes so many reads of each row and tells what became of them.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { SerialPort } from 'serialport'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import type { RequestResult } from '../../gateway/sources/modbus/exchange.ts'
import { Line } from '../../gateway/sources/modbus/line.ts'
import type { ReadRequest } from '../../gateway/sources/modbus/pdu.ts'
import { resolveTiming } from '../../gateway/sources/modbus/timing.ts'
import type { TransportOptions } from '../../gateway/sources/modbus/transport.ts'
import { mulberry32, seedOf } from '../../simulator/mulberry32.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { startPtyPair } from '../support/modbus-servers.ts'
import { ModbusSlave } from '../support/modbus-slave.ts'
import { hasServer } from '../support/real-servers.ts'

const DEFAULT_READS = 200
const reads = Number(process.env.OUTPOST_LATE_READS ?? DEFAULT_READS)
const isFull = reads > DEFAULT_READS
const TIMEOUT_MS = isFull ? 15 : 30
const LATE_SHARE = 0.1
/** As many pollers share the queue of a line: while one unit is left alone, others are asked. */
const ASKERS = 4
const MAX_MS = isFull ? 3 * 3_600_000 : 120_000

interface Row {
  readonly transport: TransportOptions['type']
  /** How late, as a multiple of the time-out. */
  readonly late: 1.3 | 2.5
  readonly silence: 'long enough' | 'too short'
  readonly reconnect: 'never' | 'at once'
  /** What a gateway in between does with a reply whose asker has gone. */
  readonly lateReply: 'dropped' | 'handed to the new connection'
}

interface Outcome {
  good: number
  unconfirmed: number
  failed: number
  /** Wrong and not marked. */
  wrong: number
  /** Wrong, and marked as unconfirmed: what the mark is for. */
  wrongButMarked: number
  readonly lateReplies: number
}

const LATENESS = [1.3, 2.5] as const
const SILENCES = ['long enough', 'too short'] as const
const RECONNECTS = [
  ['never', 'dropped'],
  ['at once', 'dropped'],
  ['at once', 'handed to the new connection'],
] as const

const rows: readonly Row[] = LATENESS.flatMap((late) =>
  SILENCES.flatMap((silence) => [
    // A serial port is never opened anew for a time-out, so there is one way only.
    ...(hasServer('socat')
      ? [{ transport: 'modbus-rtu', late, silence, reconnect: 'never', lateReply: 'dropped' } as const]
      : []),
    ...(['modbus-rtu-over-tcp', 'modbus-tcp'] as const).flatMap((transport) =>
      RECONNECTS.map(([reconnect, lateReply]) => ({ transport, late, silence, reconnect, lateReply })),
    ),
  ]),
)

function titleOf({ transport, late, silence, reconnect, lateReply }: Row): string {
  const then = reconnect === 'never' ? 'no new connection' : `a new connection at once, the late reply is ${lateReply}`
  return `${transport}, late by ${late} time-outs, silence ${silence}, ${then}`
}

/** Another number for every register of every unit, so that a value of any other shows. */
function wordOf(unitId: number, functionCode: number, address: number): number {
  return (unitId * 4099 + functionCode * 20_011 + address) & 0xffff
}

/** Mostly the same question about another register: nothing but its number tells the replies apart. */
function question(random: () => number): { readonly unitId: number; readonly request: ReadRequest } {
  const address = Math.floor(random() * 10_000)
  const isSame = random() < 0.8
  const table = isSame || random() < 0.5 ? 'holding-register' : 'input-register'
  return { unitId: 1 + Math.floor(random() * 3), request: { type: 'read', table, address, count: isSame ? 1 : 2 } }
}

function judge(
  { unitId, request }: ReturnType<typeof question>,
  { result, outcome }: { readonly result: RequestResult; readonly outcome: Outcome },
): void {
  if (result.type === 'failure' || result.reply.type !== 'words') {
    outcome.failed++
    return
  }
  const code = request.table === 'holding-register' ? 3 : 4
  const isRight = result.reply.words.every((word, i) => word === wordOf(unitId, code, request.address + i))
  if (result.unconfirmed) outcome[isRight ? 'unconfirmed' : 'wrongButMarked']++
  else outcome[isRight ? 'good' : 'wrong']++
}

const ends: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

async function startSlave(row: Row): Promise<TransportOptions> {
  const random = mulberry32(seedOf(titleOf(row)))
  const slave = new ModbusSlave({
    framing: row.transport === 'modbus-tcp' ? 'tcp' : 'rtu',
    sharedBus: row.lateReply === 'handed to the new connection',
    forgets: true,
    word: (functionCode, address, unitId) => wordOf(unitId, functionCode, address),
    answer: () => {
      const isLate = random() < LATE_SHARE
      // Not always by the same, so that every moment of the silence is hit.
      return { type: 'right', ...(isLate && { afterMs: TIMEOUT_MS * row.late * (0.85 + 0.3 * random()) }) }
    },
  })
  if (row.transport !== 'modbus-rtu') {
    await slave.start()
    ends.push(() => slave.stop())
    return { type: row.transport, host: '127.0.0.1', port: slave.port }
  }
  const pair = await startPtyPair()
  const [near, far] = pair.ends
  const port = new SerialPort({ path: far, baudRate: 115_200 })
  slave.serve(port)
  ends.push(() => new Promise((resolve) => port.close(resolve)), pair.stop)
  return { type: 'modbus-rtu', path: near, baudRate: 115_200, parity: 'none', dataBits: 8, stopBits: 1 }
}

async function readAll(row: Row): Promise<Outcome> {
  const transport = await startSlave(row)
  const shortMs = ((row.late - 1) * TIMEOUT_MS) / 3
  const timing = resolveTiming(transport, {
    timeoutMs: TIMEOUT_MS,
    ...(row.silence === 'too short' && { quietAfterTimeoutMs: shortMs }),
    reconnectAfterTimeouts: row.reconnect === 'at once' ? 1 : Number.POSITIVE_INFINITY,
    ...{ reconnectDelayMs: 1, maxReconnectDelayMs: 1 },
  })
  const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log: createMemoryLog() })
  line.start()
  ends.unshift(() => line.stop())
  const random = mulberry32(seedOf(`${titleOf(row)}: questions`))
  const outcome: Outcome = { good: 0, unconfirmed: 0, failed: 0, wrong: 0, wrongButMarked: 0, lateReplies: 0 }
  let left = reads
  const ask = async (): Promise<void> => {
    while (left > 0) {
      left--
      const asked = question(random)
      const result = await line.request(asked.unitId, asked.request)
      if (result.type === 'failure' && result.failure === 'not-connected') {
        left++
        await delay(1)
      } else judge(asked, { result, outcome })
    }
  }
  await Promise.all(Array.from({ length: ASKERS }, ask))
  if (isFull) console.log(titleOf(row), JSON.stringify(outcome))
  return { ...outcome, lateReplies: line.counters.lateReplies }
}

describe('a slave that is late with every tenth reply', () => {
  let outcomes: readonly Promise<Outcome>[] = []
  beforeAll(() => {
    // All at once: they mostly wait.
    outcomes = rows.map((row) => readAll(row))
    for (const outcome of outcomes) outcome.catch(() => {})
  })

  for (const [index, row] of rows.entries()) {
    test(titleOf(row), { timeout: MAX_MS }, async () => {
      const outcome = (await outcomes[index]) as Outcome
      expect(outcome.wrong, JSON.stringify(outcome)).toBe(0)
      // The row is no test where nothing was late, or nothing believed.
      expect(outcome.failed).toBeGreaterThan(reads * LATE_SHARE * 0.5)
      expect(outcome.good).toBeGreaterThan(reads * 0.3)
    })
  }

  test.runIf(isFull)('what became of all reads', { timeout: MAX_MS }, async () => {
    const results = await Promise.all(outcomes)
    console.table(results.map((outcome, index) => ({ ...rows[index], ...outcome })))
    const sum = (key: keyof Outcome) => results.reduce((total, outcome) => total + outcome[key], 0)
    console.log({ reads: reads * rows.length, good: sum('good'), wrong: sum('wrong'), lateReplies: sum('lateReplies') })
    expect(sum('wrong')).toBe(0)
  })
})
