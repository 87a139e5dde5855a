/**
 * One command over a Modbus line: one write, and then only reads. A write whose reply is lost is never sent a second time:
 * the device may have carried it out, and the read-back says whether it has.
 */
import type { ReadBack, RegisterWrite } from '../../device-profiles/codec/command-write.ts'
import type { CommandFailure, CommandReason } from '../device-command.ts'
import type { Clock, LocalText } from '../model.ts'
import type { RequestResult } from '../sources/modbus/exchange.ts'
import { hexText } from '../sources/modbus/framing.ts'
import type { Line } from '../sources/modbus/line.ts'
import { encodePdu, exceptionText, type ModbusRequest, type WriteRequest } from '../sources/modbus/pdu.ts'
import { Exchanges, type Outcome, type Shown } from './outcome.ts'

export interface ModbusCarriage {
  readonly write: RegisterWrite
  /** Null where nothing can be read; `unreadable` then says why. */
  readonly readBack: ReadBack | null
  readonly unreadable: LocalText
  /** From the write on, the device has so long to show it. */
  readonly withinMs: number
  readonly unitId: number
  readonly line: Pick<Line, 'request'>
  /** True for a write that may have been carried out before: if the device shows it already, nothing is written. */
  readonly lookFirst: boolean
  /** Ends the reading back early; its reason is a `CommandReason`. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Called once, when the write may have reached the device. */
  readonly onSent: () => void
}

const READ_EVERY_MS = 200
const BUSY_PAUSE_MS = 200
const MAX_BUSY_TRIES = 3
/** AP 7: "acknowledge", accepted and still at work; and "busy", not taken at all. */
const ACKNOWLEDGE = 5
const BUSY = 6
/** AP 7: what a gateway in between says when its device says nothing; the device may have heard it all the same. */
const GATEWAY_EXCEPTIONS = [10, 11]

/** Never rejects. */
export async function carryOverModbus(carriage: ModbusCarriage): Promise<Outcome> {
  const carrier = new ModbusCarrier(carriage)
  return await carrier.carry()
}

/** How the write ended, as far as its reply says. */
type Written =
  | { readonly type: 'not-sent'; readonly detail: string }
  | { readonly type: 'accepted' }
  | { readonly type: 'refused'; readonly detail: string }
  /** No reply, or one that may belong to something else. */
  | { readonly type: 'unknown'; readonly detail: string }

class ModbusCarrier {
  readonly #carriage: ModbusCarriage
  readonly #exchanges = new Exchanges()
  #shown: Shown = null

  constructor(carriage: ModbusCarriage) {
    this.#carriage = carriage
  }

  async carry(): Promise<Outcome> {
    const { readBack, lookFirst, onSent, unreadable } = this.#carriage
    if (lookFirst && readBack !== null && (await this.#look(readBack)) === 'shown') return this.#confirmed()
    const written = await this.#write()
    if (written.type === 'not-sent') return this.#failed('not-sent', notSent(written.detail), NOT_REACHED)
    onSent()
    if (written.type === 'refused') return this.#failed('refused-by-device', refused(written.detail), NOT_REACHED)
    if (readBack === null) return this.#failed('cannot-be-confirmed', unreadable)
    return await this.#watch(readBack, written)
  }

  async #write(): Promise<Written> {
    const { unitId, line, write, clock, signal } = this.#carriage
    const request = writeRequest(write)
    for (let tries = 1; ; tries++) {
      const result = await line.request(unitId, request, { priority: 'command' })
      this.#note('write', request, result)
      if (exceptionOf(result) !== BUSY || tries >= MAX_BUSY_TRIES) return writtenBy(result)
      // The device has said that it did not take it, so this is no repetition.
      await clock.sleep(BUSY_PAUSE_MS, signal).catch(() => {})
    }
  }

  /** Reads until the device shows it or its time is over. */
  async #watch(readBack: ReadBack, written: Written): Promise<Outcome> {
    const { clock, withinMs, signal } = this.#carriage
    const deadline = clock.now().mono + withinMs
    let seen: 'shown' | 'other' | 'nothing' = 'nothing'
    for (;;) {
      const now = await this.#look(readBack)
      if (now === 'shown') return this.#confirmed()
      if (now === 'other') seen = now
      const left = deadline - clock.now().mono
      if (left <= 0 || signal.aborted) break
      await clock.sleep(Math.min(READ_EVERY_MS, left), signal).catch(() => {})
    }
    if (signal.aborted) {
      const { code, text } = signal.reason as CommandReason
      return this.#failed(code, text)
    }
    if (seen === 'other' && written.type === 'accepted') return this.#failed('not-kept', notKept(this.#shown))
    const detail = written.type === 'unknown' ? written.detail : 'the written register could not be read'
    return this.#failed('unconfirmed', seen === 'other' ? notShown(this.#shown, detail) : unconfirmed(detail))
  }

  async #look(readBack: ReadBack): Promise<'shown' | 'other' | 'nothing'> {
    const { unitId, line } = this.#carriage
    const { table, address, count } = readBack
    const request: ModbusRequest = { type: 'read', table, address, count }
    const result = await line.request(unitId, request, { priority: 'command' })
    this.#note('read-back', request, result)
    // A reply that may answer an earlier request shows nothing; the next one will.
    if (result.type === 'failure' || result.unconfirmed || result.reply.type !== 'words') return 'nothing'
    const { isShown, decoded } = readBack.judge(result.reply.words)
    this.#shown = 'value' in decoded ? decoded.value : null
    return isShown ? 'shown' : 'other'
  }

  #note(step: 'write' | 'read-back', request: ModbusRequest, result: RequestResult): void {
    const at = this.#carriage.clock.now().wall
    this.#exchanges.add({ step, at, sent: hexText(encodePdu(request)), answer: answerText(request, result) })
  }

  #confirmed(): Outcome {
    return { state: 'confirmed', shown: this.#shown, exchanges: this.#exchanges.list }
  }

  #failed(code: CommandFailure, text: LocalText, { mayHaveReached = true } = {}): Outcome {
    const reason = { code, text }
    return { state: 'failed', reason, mayHaveReached, shown: this.#shown, exchanges: this.#exchanges.list }
  }
}

function writeRequest({ table, address, words, single }: RegisterWrite): WriteRequest {
  const [first = 0] = words
  if (table === 'coil') {
    return single
      ? { type: 'write-coil', address, value: first === 1 }
      : { type: 'write-coils', address, values: words.map((word) => word === 1) }
  }
  return single
    ? { type: 'write-register', address, value: first }
    : { type: 'write-registers', address, values: words }
}

function writtenBy(result: RequestResult): Written {
  if (result.type === 'failure') {
    return { type: result.failure === 'not-connected' ? 'not-sent' : 'unknown', detail: result.detail }
  }
  if (result.reply.type !== 'exception') return { type: 'accepted' }
  const { code } = result.reply
  if (code === ACKNOWLEDGE) return { type: 'accepted' }
  const isDoubtful = result.unconfirmed || GATEWAY_EXCEPTIONS.includes(code)
  return { type: isDoubtful ? 'unknown' : 'refused', detail: exceptionText(code) }
}

function exceptionOf(result: RequestResult): number | null {
  return result.type === 'reply' && result.reply.type === 'exception' && !result.unconfirmed ? result.reply.code : null
}

/** The PDU of the reply, where one came; else what came instead. */
function answerText(request: ModbusRequest, result: RequestResult): string {
  if (result.type === 'failure') return result.detail
  const { reply, unconfirmed } = result
  const doubt = unconfirmed ? ' (it may answer an earlier request)' : ''
  if (reply.type === 'exception') return `${exceptionText(reply.code)}${doubt}`
  if (reply.type === 'written') return `${hexText(encodePdu(request).subarray(0, 5))}${doubt}`
  return `${Array.from(reply.words, (word) => word.toString(16).padStart(4, '0')).join(' ')}${doubt}`
}

const NOT_REACHED = { mayHaveReached: false }

function notSent(detail: string): LocalText {
  return { zh: `未发出，线路不可用：${detail}`, en: `it was not sent: ${detail}` }
}

function refused(detail: string): LocalText {
  return { zh: `设备拒绝：${detail}`, en: `the device refuses it with ${detail}` }
}

function notKept(shown: Shown): LocalText {
  return {
    zh: `设备应答已写入，但读回为 ${shown ?? '无效值'}`,
    en: `the device answered that it wrote it, but shows ${shown ?? 'no usable value'}`,
  }
}

function notShown(shown: Shown, detail: string): LocalText {
  return {
    zh: `写入没有可信的应答（${detail}），读回为 ${shown ?? '无效值'}`,
    en: `the write got no reply that counts (${detail}), and the device shows ${shown ?? 'no usable value'}`,
  }
}

function unconfirmed(detail: string): LocalText {
  return {
    zh: `已发出，但未能确认设备是否执行：${detail}`,
    en: `it was sent, and nothing showed whether the device did it: ${detail}`,
  }
}
