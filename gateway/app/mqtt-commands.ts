/**
 * Commands that come over MQTT, where the configuration allows it: on `outpost/<gateway>/devices/<device>/commands/<name>`,
 * answered on the same topic with `/result` behind it. They go the way of all commands; only the answer is another.
 */
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { levelsOf } from '../../device-profiles/codec/command-message.ts'
import type { MqttCommandsConfig } from '../config/mqtt-commands.ts'
import type { Control } from '../control/control.ts'
import type { ControlAnswer, ControlRequest } from '../control/request.ts'
import { type DeviceCommand, isUnderWay } from '../device-command.ts'
import type { LocalText, Log } from '../model.ts'
import type { OutgoingMessage } from '../sources/mqtt/publisher.ts'
import type { HeardMessage, TopicListener } from '../sources/mqtt/topic-listener.ts'

const Wish = Type.Object(
  {
    by: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
    comment: Type.Optional(Type.String({ maxLength: 1000 })),
    value: Type.Optional(Type.Number()),
    /** Required: MQTT may bring a message twice. */
    key: Type.String({ minLength: 1, maxLength: 100 }),
  },
  { additionalProperties: false },
)

/** What goes out on the topic of results. */
export interface CommandResult {
  /** Of the message that it answers; null where that could not be read. */
  readonly key: string | null
  /** False: it is under way, and a further result follows. */
  readonly done: boolean
  /** Only this is success. */
  readonly confirmed: boolean
  readonly code: string
  readonly text: LocalText | null
  readonly command: DeviceCommand | null
}

export interface MqttCommandParts {
  readonly gatewayId: string
  readonly control: Pick<Control, 'request'>
  readonly publish: (broker: string, message: OutgoingMessage) => Promise<void>
  readonly log: Log
}

const MAX_BYTES = 4096
/** Then the sender is told that it is under way. */
const FIRST_WAIT_MS = 20_000
/** Longer than any profile waits for a confirmation, and as long as a timer can be set. */
const LONGEST_WAIT_MS = 20 * 86_400_000
const MAX_NAMED_STRANGERS = 50

const isWish = new Ajv({ allErrors: false, strict: true }).compile<Static<typeof Wish>>(Wish)

export class MqttCommands {
  readonly #parts: MqttCommandParts
  /** By key: those whose end is waited for. */
  readonly #awaited = new Set<string>()
  readonly #strangers = new Set<string>()

  constructor(parts: MqttCommandParts) {
    this.#parts = parts
  }

  /** What is to be heard at one broker: nothing where the configuration does not say so. */
  listeners(config: MqttCommandsConfig | null, broker: string): readonly TopicListener[] {
    if (config?.broker !== broker) return []
    const topicFilter = `outpost/${this.#parts.gatewayId}/devices/+/commands/+`
    const heard = (message: HeardMessage): void => {
      const [device = '', name = ''] = levelsOf(topicFilter, message.topic)
      // Never rejects.
      void this.#take(message, { config, device, name })
    }
    return [{ owner: 'commands.mqtt', topicFilter, heard }]
  }

  async #take(
    message: HeardMessage,
    { config, device, name }: { readonly config: MqttCommandsConfig; readonly device: string; readonly name: string },
  ): Promise<void> {
    const answer = (result: CommandResult): Promise<void> => this.#answer(config.broker, { message, result })
    const { username } = message
    if (config.from.type === 'users' && !config.from.users.includes(username)) {
      this.#nameStranger(username)
      return await answer(refusal(null, { code: 'not-allowed', text: notAllowed(username) }))
    }
    const wish = wishOf(message.payload)
    if ('problem' in wish) return await answer(refusal(null, { code: 'invalid-message', text: wish.problem }))
    const { by, comment, value, key } = wish
    const request: ControlRequest = {
      ...{ device, name, key, value: value ?? null, via: 'mqtt' },
      by: `${by.trim()} (${senderText(config, username)})`,
      comment: comment?.trim() || null,
    }
    const result = resultOf(key, await this.#parts.control.request(request, { waitMs: FIRST_WAIT_MS }))
    await answer(result)
    if (result.done || this.#awaited.has(key)) return
    this.#awaited.add(key)
    // The same key: this asks about the same command.
    const end = await this.#parts.control.request(request, { waitMs: LONGEST_WAIT_MS })
    this.#awaited.delete(key)
    await answer(resultOf(key, end))
  }

  /** A sender who does not listen loses only the answer; the journal has it. */
  async #answer(
    broker: string,
    { message, result }: { readonly message: HeardMessage; readonly result: CommandResult },
  ): Promise<void> {
    const payload = Buffer.from(JSON.stringify(result))
    await this.#parts.publish(broker, { topic: `${message.topic}/result`, payload, qos: 1 }).catch(() => {})
  }

  #nameStranger(username: string): void {
    if (this.#strangers.has(username) || this.#strangers.size >= MAX_NAMED_STRANGERS) return
    this.#strangers.add(username)
    this.#parts.log.warn(
      { username },
      'a user who may not send commands over MQTT has tried to; further ones are not logged',
    )
  }
}

function wishOf(payload: Uint8Array): Static<typeof Wish> | { readonly problem: LocalText } {
  if (payload.length > MAX_BYTES) return { problem: unreadable(`expected at most ${MAX_BYTES} bytes`) }
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    if (isWish(json)) return json
    const { instancePath = '', message = 'is not valid' } = isWish.errors?.[0] ?? {}
    return { problem: unreadable(`${instancePath === '' ? 'the message' : instancePath} ${message}`) }
  } catch {
    return { problem: unreadable('the message is not JSON') }
  }
}

function resultOf(key: string, answer: ControlAnswer): CommandResult {
  if (answer.type === 'refused') return refusal(key, { code: answer.refusal, text: answer.message })
  const { command } = answer
  const done = !isUnderWay(command)
  const confirmed = command.state === 'confirmed'
  return {
    key,
    done,
    confirmed,
    code: command.reason?.code ?? command.state,
    text: command.reason?.text ?? null,
    command,
  }
}

function refusal(
  key: string | null,
  { code, text }: { readonly code: string; readonly text: LocalText },
): CommandResult {
  return { key, done: true, confirmed: false, code, text, command: null }
}

/** What the gateway knows stands last, so that it cannot be pretended. */
function senderText({ broker, from }: MqttCommandsConfig, username: string): string {
  if (from.type === 'users') return `MQTT user ${username}`
  return broker === 'embedded' ? 'MQTT on this machine' : `MQTT broker ${broker}`
}

function notAllowed(username: string): LocalText {
  return {
    zh: `用户“${username}”不能通过 MQTT 下发命令`,
    en: `the user "${username}" may not send commands over MQTT`,
  }
}

function unreadable(detail: string): LocalText {
  const expected = '{ "by", "key", "comment"?, "value"? }'
  return {
    zh: `消息无法理解：${detail}；应为 ${expected}`,
    en: `the message cannot be used: ${detail}; expected ${expected}`,
  }
}
