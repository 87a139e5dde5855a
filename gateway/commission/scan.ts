/** Asks one unit id after the other for one register, to find what is on a line. */
import type { Clock } from '../model.ts'
import type { RequestResult } from '../sources/modbus/exchange.ts'
import type { Line } from '../sources/modbus/line.ts'
import { noAnswerIn } from '../sources/modbus/no-answer.ts'
import { exceptionText, type ReadRequest } from '../sources/modbus/pdu.ts'
import type { TransportOptions } from '../sources/modbus/transport.ts'

/**
 * `unit`: it answered, be it with an exception. `garbled`: something came that cannot be its reply, as from two units with
 * one id, or with another baud rate or parity.
 */
export interface ScanFinding {
  readonly type: 'unit' | 'garbled'
  readonly unitId: number
  readonly detail: string
  /** How long the unit took; null where nothing whole came. */
  readonly replyMs: number | null
}

export interface ScanProgress {
  /** Unit ids that were asked. */
  readonly done: number
  readonly total: number
  readonly findings: readonly ScanFinding[]
  /** Unit ids for which a gateway in between answered that it reaches nothing (exception 10 or 11). */
  readonly unreachable: number
}

export type ScanResult = ScanProgress & {
  readonly ended: 'complete' | 'cancelled' | 'line-lost'
  /** Why the line was lost. */
  readonly error: string | null
}

export interface ScanOptions {
  readonly line: Pick<Line, 'request'>
  /** First and last unit id, both included. */
  readonly from: number
  readonly to: number
  readonly timeoutMs: number
  /** Silence after each unit that does not answer, where replies have no ids; the line's own if absent. */
  readonly quietMs?: number
  /**
   * What to ask of unit ids that are polled, because it is known what they may be asked for. They are asked as patiently as
   * by a poll: a reply cut short would throw doubt on the next.
   */
  readonly polled?: ReadonlyMap<number, Omit<ReadRequest, 'type'>>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long to leave the line to others after each request, as a multiple of the time that the request took; 0 if absent. */
  readonly restFactor?: number
  readonly onProgress?: (progress: ScanProgress) => void
}

/** Unit ids that one may ask for on such a line; all that are scanned where nothing else is said are 1 to 247. */
export function unitIdLimits(type: TransportOptions['type']): { readonly first: number; readonly last: number } {
  // On a serial line 0 is the broadcast, which nobody answers, and ids above 247 are reserved (Serial Line V1.02, 2.2).
  // A TCP device without a line behind it may listen to 0 or 255 (Messaging on TCP/IP V1.0b, 4.4.1.2).
  return type === 'modbus-tcp' ? { first: 0, last: 255 } : { first: FIRST_UNIT_ID, last: LAST_UNIT_ID }
}

export const FIRST_UNIT_ID = 1
export const LAST_UNIT_ID = 247

/** Every device knows this address or answers with an exception, which is an answer too. */
const REQUEST: ReadRequest = { type: 'read', table: 'holding-register', address: 0, count: 1 }
/** Some devices close the connection when another unit than themselves is asked; the line then connects again. */
const RECONNECT_WAIT_MS = 600
const MAX_LOST_IN_ROW = 5

/** Never rejects. Ends early when the signal is aborted or the line cannot be used. */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  const { from, to, clock, signal, restFactor = 0, onProgress } = options
  const findings: ScanFinding[] = []
  let progress: ScanProgress = { done: 0, total: to - from + 1, findings: [], unreachable: 0 }
  let heard = false
  let lostInRow = 0
  for (let unitId = from; unitId <= to && !signal.aborted; unitId++) {
    const began = clock.now().mono
    const result = await ask(unitId, options)
    if (signal.aborted) break
    const lost = isLost(result)
    lostInRow = lost ? lostInRow + 1 : 0
    if (lost && (!heard || lostInRow >= MAX_LOST_IN_ROW)) {
      return { ...progress, ended: 'line-lost', error: result.detail }
    }
    heard ||= !lost
    const finding = findingOf(result, { unitId, question: questionFor(unitId, options.polled) })
    if (finding !== null) findings.push(finding)
    const unreachable = progress.unreachable + (isUnreachable(result) ? 1 : 0)
    progress = { ...progress, done: progress.done + 1, findings: [...findings], unreachable }
    onProgress?.(progress)
    const rest = lost ? RECONNECT_WAIT_MS : restFactor * (clock.now().mono - began)
    if (rest > 0) await clock.sleep(rest, signal).catch(() => {})
  }
  const ended = progress.done === progress.total ? 'complete' : 'cancelled'
  return { ...progress, ended, error: null }
}

/** What is in flight when the signal comes is not waited for. */
function ask(unitId: number, { line, timeoutMs, quietMs, polled, signal }: ScanOptions): Promise<RequestResult> {
  return new Promise((resolve) => {
    const cancel = (): void => resolve({ type: 'failure', failure: 'timeout', detail: 'cancelled' })
    signal.addEventListener('abort', cancel, { once: true })
    // Not before polls: nobody is harmed when a search takes longer.
    const times = polled?.has(unitId) ? {} : { timeoutMs, quietMs }
    const request = line.request(unitId, questionFor(unitId, polled), {
      priority: 'rest',
      ...times,
      silenceExpected: true,
    })
    void request.then(resolve).finally(() => signal.removeEventListener('abort', cancel))
  })
}

function questionFor(unitId: number, polled: ScanOptions['polled']): ReadRequest {
  const known = polled?.get(unitId)
  return known === undefined ? REQUEST : { type: 'read', ...known }
}

/** The line is down, or went down when this unit was asked. */
function isLost(result: RequestResult): result is RequestResult & { readonly type: 'failure' } {
  return result.type === 'failure' && (result.failure === 'not-connected' || result.failure === 'cut-off')
}

/** A gateway that reaches no device says nothing about a unit but that it is not there. */
function isUnreachable(result: RequestResult): boolean {
  return result.type === 'reply' && noAnswerIn(result) !== null
}

function findingOf(
  result: RequestResult,
  { unitId, question }: { readonly unitId: number; readonly question: ReadRequest },
): ScanFinding | null {
  if (result.type === 'failure') {
    const garbled = result.failure === 'refused' || result.heard === true
    return garbled ? { type: 'garbled', unitId, detail: result.detail, replyMs: null } : null
  }
  if (isUnreachable(result)) return null
  return { type: 'unit', unitId, detail: detailOf(result, question), replyMs: result.tookMs }
}

function detailOf({ reply }: RequestResult & { readonly type: 'reply' }, { table, address }: ReadRequest): string {
  if (reply.type === 'exception') return exceptionText(reply.code)
  const word = reply.type === 'words' ? (reply.words[0] ?? 0) : 0
  return `${table.replace('-', ' ')} ${address} is 0x${word.toString(16).padStart(4, '0')}`
}
