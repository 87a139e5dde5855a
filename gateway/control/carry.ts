/** Sends one value of one command to its device, over whatever leads there, and says what became of it. */
import {
  type CommandMessage,
  encodeCommandMessage,
  fillTopic,
  levelsOf,
  type MessagePlaces,
} from '../../device-profiles/codec/command-message.ts'
import { encodeWrite, type ReadBack, readBackOf } from '../../device-profiles/codec/command-write.ts'
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { topicTemplate } from '../../device-profiles/message-topic.ts'
import { overlap, rangeText } from '../../device-profiles/must-not-read.ts'
import type { Clock, LocalText } from '../model.ts'
import type { Line } from '../sources/modbus/line.ts'
import type { LatestReading } from './interlock.ts'
import { carryOverModbus } from './modbus-carrier.ts'
import { carryOverMqtt } from './mqtt-carrier.ts'
import type { Outcome } from './outcome.ts'
import type { ControlTarget, ModbusRoute, MqttRoute } from './target.ts'
import { Watch } from './watch.ts'

/** The ways out of the gateway. */
export interface Ways {
  /** Undefined while the line is being started or stopped. */
  line(id: string): Pick<Line, 'request'> | undefined
  /** Resolves when the broker has the message; rejects with a `PublishError`. */
  publish(broker: string, message: CommandMessage): Promise<void>
  /** What stood at each `+` of the device's own topic when it last spoke; empty before that. */
  levels(device: string): readonly string[]
  /** By `deviceId.pointId`; null before the first reading. */
  latest(point: string): LatestReading | null
}

export interface Carriage {
  readonly id: string
  readonly target: ControlTarget
  readonly command: CommandProfile
  readonly value: number | null
  /** True for what may have been sent before. */
  readonly lookFirst: boolean
  readonly ways: Ways
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onSent: () => void
  /** Is told what to listen with while the answer is awaited; the result ends that. */
  readonly listen: (watch: Watch) => () => void
}

/** What a Modbus device gets to show what was written, where its profile says nothing else. */
const DEFAULT_WITHIN_MS = 2000

/** A value that the wire cannot say. */
export function valueRefusal(target: ControlTarget, command: CommandProfile, value: number | null): LocalText | null {
  const { device, route } = target
  const { profile, parameters } = device
  try {
    if (route.type === 'modbus') encodeWrite(command, { profile, parameters, value: value ?? 0 })
    else messageOf({ id: '', target, command, value, ways: NO_LEVELS }, route)
    return null
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { zh: `设备无法表示该值：${error.message}`, en: error.message }
  }
}

/** Never rejects for what the world does. */
export async function carry(carriage: Carriage): Promise<Outcome> {
  const { route } = carriage.target
  try {
    return route.type === 'modbus' ? await overModbus(carriage, route) : await overMqtt(carriage, route)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return notSent(`未发出：${error.message}`, `it was not sent: ${error.message}`)
  }
}

async function overModbus(carriage: Carriage, route: ModbusRoute): Promise<Outcome> {
  const { target, command, ways, clock, signal, onSent, lookFirst } = carriage
  const { profile, parameters } = target.device
  const line = ways.line(route.line)
  if (line === undefined) {
    return notSent(
      `未发出：线路 ${route.line} 正在启动`,
      `it was not sent: the line ${route.line} is just being started`,
    )
  }
  const sending = { profile, parameters, value: carriage.value ?? 0 }
  const readBack = readBackOf(command, sending)
  const forbidden = readBack === null ? null : forbiddenRead(readBack, route)
  return await carryOverModbus({
    ...{ line, unitId: route.unitId, clock, signal, onSent, lookFirst },
    write: encodeWrite(command, sending),
    readBack: forbidden === null ? readBack : null,
    unreadable: forbidden ?? becauseOf(command),
    withinMs: withinOf(command),
  })
}

async function overMqtt(carriage: Carriage, route: MqttRoute): Promise<Outcome> {
  const { command, ways, clock, signal, onSent, listen } = carriage
  const message = messageOf(carriage, route)
  const watch = createWatch(carriage, route)
  const end = watch === null ? () => {} : listen(watch)
  try {
    return await carryOverMqtt({
      ...{ message, watch, clock, signal, onSent },
      publish: (given) => ways.publish(route.broker, given),
      unwatchable: becauseOf(command),
      withinMs: withinOf(command),
    })
  } finally {
    end()
  }
}

function messageOf(
  {
    id,
    target,
    command,
    value,
    ways,
  }: Pick<Carriage, 'id' | 'target' | 'command' | 'value'> & {
    readonly ways: Pick<Ways, 'levels'>
  },
  { address }: MqttRoute,
): CommandMessage {
  const { id: device, parameters, networkServer } = target.device
  return encodeCommandMessage(command, { id, value, address, parameters, networkServer, levels: ways.levels(device) })
}

/** Any level will do to see whether a value can be said. */
const NO_LEVELS: Pick<Ways, 'levels'> = { levels: () => new Array<string>(128).fill('level') }

function createWatch({ id, target, command, value, ways, clock }: Carriage, { address }: MqttRoute): Watch | null {
  const { confirm } = command
  if (confirm?.type !== 'point' && confirm?.type !== 'message') return null
  const { device } = target
  const places: Pick<MessagePlaces, 'id' | 'value' | 'address'> = { id, value, address }
  const point = confirm.type === 'point' ? `${device.id}.${confirm.point}` : ''
  return new Watch({
    ...{ confirm, places, says: command.mqtt?.says, since: clock.now().mono },
    isConfirming: (topic) => topicFits(topicOf(command, target), { topic, address }),
    latest: () => ways.latest(point),
  })
}

/** The topic on which a device confirms a command; its own where nothing is said. */
export function topicOf({ confirm }: CommandProfile, { device }: ControlTarget): string {
  return (
    (confirm?.type === 'message' ? confirm.topic : undefined) ?? topicTemplate(device.profile, device.networkServer)
  )
}

function topicFits(
  template: string,
  { topic, address }: { readonly topic: string; readonly address: string },
): boolean {
  return fillTopic(template, { address, levels: levelsOf(template, topic) }) === topic
}

function forbiddenRead(readBack: ReadBack, { mustNotRead }: ModbusRoute): LocalText | null {
  const range = mustNotRead.find((forbidden) => overlap(forbidden, readBack))
  if (range === undefined) return null
  return {
    zh: `配置禁止读取 ${rangeText(range)}，无法确认`,
    en: `it was sent, and the configuration forbids to read ${rangeText(range)}, where it would show`,
  }
}

function becauseOf({ confirm }: CommandProfile): LocalText {
  const because = confirm?.type === 'none' ? confirm.because : { zh: '无法读回', en: 'nothing can be read back' }
  return {
    zh: `已发出，但无法确认：${because.zh}`,
    en: `it was sent, but cannot be confirmed: ${because.en}`,
  }
}

export function withinOf({ confirm }: CommandProfile): number {
  const within = confirm !== undefined && 'within' in confirm ? confirm.within : undefined
  return within === undefined ? DEFAULT_WITHIN_MS : parseDuration(within)
}

function notSent(zh: string, en: string): Outcome {
  const reason = { code: 'not-sent', text: { zh, en } } as const
  return { state: 'failed', reason, mayHaveReached: false, shown: null, exchanges: [] }
}
