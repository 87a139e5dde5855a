/** Reads every point of one Modbus device once, now, and says everything about it that an engineer needs on site. */
import type { RegisterRange } from '../../device-profiles/binding-schema.ts'
import { registerCount } from '../../device-profiles/codec/registers.ts'
import type { Device, Point } from '../../device-profiles/device.ts'
import type { Clock, PointValue, Quality, QualityReason, RegisterTable, SampleContent } from '../model.ts'
import { Decoder } from '../pipeline/decode.ts'
import { grade } from '../pipeline/quality.ts'
import type { RequestResult } from '../sources/modbus/exchange.ts'
import type { Line } from '../sources/modbus/line.ts'
import { noAnswerIn } from '../sources/modbus/no-answer.ts'
import { exceptionText } from '../sources/modbus/pdu.ts'
import { narrowRead, type PlannedRead, planReads, readItems, readLimits } from '../sources/modbus/read-plan.ts'

export interface ProbedPoint {
  /** Id within its device. */
  readonly id: string
  readonly unit: string
  /** Null for a point that is derived from another. */
  readonly registers: { readonly table: RegisterTable; readonly address: number; readonly count: number } | null
  /** 16-bit words, or 0/1 of a coil or discrete input; null where none came or the point is derived. */
  readonly words: readonly number[] | null
  readonly value: PointValue | null
  readonly quality: Quality
  /** Null exactly when the quality is good. */
  readonly reason: QualityReason | null
  readonly detail: string | null
  /** Code of the Modbus exception that came instead of a value. */
  readonly exception: number | null
  /** How long the device took for the reply that this is from; null without one. */
  readonly replyMs: number | null
}

export interface ProbeResult {
  readonly device: string
  readonly profile: string
  readonly unitId: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly requests: number
  /** Whether the unit said anything at all, be it an exception. */
  readonly answered: boolean
  readonly points: readonly ProbedPoint[]
}

export interface ProbeOptions {
  readonly device: Device
  readonly unitId: number
  /** Registers that no request may touch; those that the profile names if absent. */
  readonly mustNotRead?: readonly RegisterRange[]
  readonly line: Pick<Line, 'request'>
  readonly clock: Clock
}

const BUSY = 6
const BUSY_PAUSE_MS = 200
const MAX_BUSY_TRIES = 3
const REFUSALS = [2, 3]
/** A unit that fell silent must not cost a time-out for each of its reads. */
const MAX_LOST = 2

/** What came, or did not, for the registers of one read. */
interface ReadOutcome {
  readonly read: PlannedRead
  readonly result: RequestResult
}

/** Never rejects. A unit that is silent costs one time-out, not one for each of its points. */
export async function probe({ device, unitId, mustNotRead, line, clock }: ProbeOptions): Promise<ProbeResult> {
  const at = clock.now().wall
  const { modbus } = device.profile
  const items = readItems(device.points.map(({ profile }) => profile))
  const pending = [...planReads(items, readLimits({ ...modbus, mustNotRead: mustNotRead ?? modbus?.mustNotRead }))]
  const outcomes: ReadOutcome[] = []
  let requests = 0
  let answered = false
  let lost = 0
  for (let read = pending.shift(); read !== undefined; read = pending.shift()) {
    const { result, tries } = await patiently(read, { unitId, line, clock })
    requests += tries
    if (noAnswerIn(result) === null) answered = true
    else lost++
    const narrower = isRefusal(result) ? narrowRead(read) : null
    if (narrower !== null) {
      pending.unshift(...narrower)
      continue
    }
    outcomes.push({ read, result })
    if (lost > 0 && (!answered || lost >= MAX_LOST))
      outcomes.push(...pending.splice(0).map((left) => ({ read: left, result })))
  }
  const points = describePoints(device, { outcomes, clock })
  return { device: device.id, profile: device.profile.id, unitId, at, requests, answered, points }
}

/** Exception 6 asks for patience. */
async function patiently(
  { table, address, count }: PlannedRead,
  { unitId, line, clock }: Pick<ProbeOptions, 'unitId' | 'line' | 'clock'>,
): Promise<{ readonly result: RequestResult; readonly tries: number }> {
  for (let tries = 1; ; tries++) {
    const result = await line.request(
      unitId,
      { type: 'read', table, address, count },
      { priority: 'command', silenceExpected: true },
    )
    if (exceptionOf(result) !== BUSY || tries >= MAX_BUSY_TRIES) return { result, tries }
    await clock.sleep(BUSY_PAUSE_MS)
  }
}

function exceptionOf(result: RequestResult): number | null {
  return result.type === 'reply' && result.reply.type === 'exception' ? result.reply.code : null
}

/** Illegal data address or value. An exception that may belong to another request proves nothing. */
function isRefusal(result: RequestResult): boolean {
  return REFUSALS.includes(exceptionOf(result) ?? 0) && result.type === 'reply' && !result.unconfirmed
}

function describePoints(
  device: Device,
  { outcomes, clock }: { readonly outcomes: readonly ReadOutcome[]; readonly clock: Clock },
): readonly ProbedPoint[] {
  const decoder = new Decoder(device)
  const described = new Map<string, ProbedPoint>()
  for (const outcome of outcomes) {
    const content = contentOf(outcome)
    const decoding = decoder.decode({ deviceId: device.id, at: clock.now(), ...content })
    const confirmed = !(content.type === 'registers' && content.unconfirmed === true)
    for (const [index, place] of decoding.points.entries()) {
      const point = device.points[place] as Point
      const finding = decoding.findings[index]
      if (finding === undefined) continue
      const graded = grade(point.profile, finding, { confirmed })
      described.set(point.id, { ...wireOf(point, outcome), ...graded })
    }
  }
  return device.points.flatMap((point) => described.get(point.id) ?? [])
}

function wireOf({ profile }: Point, { read, result }: ReadOutcome) {
  const { id, unit, modbus } = profile
  const registers =
    modbus === undefined ? null : { table: modbus.table, address: modbus.address, count: registerCount(modbus) }
  const exception = exceptionOf(result)
  const replyMs = result.type === 'reply' ? result.tookMs : null
  return { id, unit, registers, words: wordsOf({ registers, read, result }), exception, replyMs }
}

function wordsOf({ registers, read, result }: ReadOutcome & Pick<ProbedPoint, 'registers'>): readonly number[] | null {
  if (registers === null || result.type !== 'reply' || result.reply.type !== 'words') return null
  const from = registers.address - read.address
  return Array.from(result.reply.words.subarray(from, from + registers.count))
}

/** The sample that polling would have made of it. */
function contentOf({ read, result }: ReadOutcome): SampleContent {
  const { table, address, count } = read
  const failed = { type: 'read-failure', table, address, count } as const
  const none = noAnswerIn(result)
  if (none !== null) return { ...failed, reason: none.reason, detail: none.detail }
  if (result.type === 'reply' && result.reply.type === 'words') {
    const { reply, unconfirmed } = result
    return { type: 'registers', table, address, words: reply.words, unconfirmed }
  }
  return { ...failed, reason: 'device-fault', detail: exceptionText(exceptionOf(result) ?? 0) }
}
