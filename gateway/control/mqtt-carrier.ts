/** One command over MQTT: one message, and then only listening. */
import type { CommandMessage } from '../../device-profiles/codec/command-message.ts'
import type { CommandReason } from '../device-command.ts'
import type { Clock, LocalText } from '../model.ts'
import { PublishError } from '../sources/mqtt/publish-error.ts'
import { Exchanges, type Outcome } from './outcome.ts'
import type { Verdict, Watch } from './watch.ts'

export interface MqttCarriage {
  readonly message: CommandMessage
  /** Resolves when the broker has it; rejects with a `PublishError` when it was not sent, or nobody knows. */
  readonly publish: (message: CommandMessage) => Promise<void>
  /** Null where nothing can show it; `unwatchable` then says why. */
  readonly watch: Watch | null
  readonly unwatchable: LocalText
  readonly withinMs: number
  /** Ends the waiting early; its reason is a `CommandReason`. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Called once, when the message may have reached the device. */
  readonly onSent: () => void
}

const NOT_REACHED = { mayHaveReached: false }

/** Never rejects. */
export async function carryOverMqtt(carriage: MqttCarriage): Promise<Outcome> {
  const { message, publish, watch, clock, onSent } = carriage
  const exchanges = new Exchanges()
  const sent = `${message.topic} ${payloadText(message.payload)}`
  const failed = (reason: CommandReason, { mayHaveReached = true } = {}): Outcome => {
    const shown = watch?.shown ?? null
    return { state: 'failed', reason, mayHaveReached, shown, exchanges: exchanges.list }
  }
  try {
    await publish(message)
    exchanges.add({ step: 'publish', at: clock.now().wall, sent, answer: 'handed to the broker' })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    exchanges.add({ step: 'publish', at: clock.now().wall, sent, answer: detail })
    if (!(error instanceof PublishError && error.mayHaveLeft))
      return failed({ code: 'not-sent', text: notSent(detail) }, NOT_REACHED)
  }
  onSent()
  if (watch === null) return failed({ code: 'cannot-be-confirmed', text: carriage.unwatchable })
  const verdict = await verdictWithin(watch, carriage)
  if ('code' in verdict) return failed(verdict)
  exchanges.add({ step: 'confirmation', at: clock.now().wall, sent: null, answer: verdict.answer })
  if (verdict.type === 'refused') {
    return failed({ code: 'refused-by-device', text: refused(verdict.answer) }, NOT_REACHED)
  }
  return { state: 'confirmed', shown: verdict.shown, exchanges: exchanges.list }
}

async function verdictWithin(
  watch: Watch,
  { clock, withinMs, signal }: Pick<MqttCarriage, 'clock' | 'withinMs' | 'signal'>,
): Promise<Verdict | CommandReason> {
  const waiting = new AbortController()
  const overdue = clock.sleep(withinMs, AbortSignal.any([signal, waiting.signal])).then(
    () => ({ code: 'unconfirmed', text: unconfirmed(withinMs, watch.shown) }) as const,
    () => signal.reason as CommandReason,
  )
  try {
    return await Promise.race([watch.verdict, overdue])
  } finally {
    waiting.abort()
  }
}

/** As text where it is text, else as hexadecimal digits. */
function payloadText(payload: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells bytes from text
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return text
  } catch {
    // Bytes that are no text.
  }
  return Buffer.from(payload).toString('hex')
}

function notSent(detail: string): LocalText {
  return { zh: `未发出：${detail}`, en: `it was not sent: ${detail}` }
}

function refused(answer: string): LocalText {
  return { zh: `设备拒绝：${answer}`, en: `the device refuses it: ${answer}` }
}

function unconfirmed(withinMs: number, shown: string | number | null): LocalText {
  const seconds = Math.round(withinMs / 100) / 10
  const last = shown === null ? { zh: '', en: '' } : { zh: `，最后显示 ${shown}`, en: `; it showed ${shown} last` }
  return {
    zh: `已发出，但设备在 ${seconds} s 内没有确认${last.zh}`,
    en: `it was sent, and the device did not confirm it within ${seconds} s${last.en}`,
  }
}
