/** Commands to devices among the other parts: where each device is reached, and who hears what it answers. */
import { levelsOf } from '../../device-profiles/codec/command-message.ts'
import { topicFilterOf, topicTemplate } from '../../device-profiles/message-topic.ts'
import type { GatewayConfig, MqttDeviceConfig } from '../config/config.ts'
import type { Ways } from '../control/carry.ts'
import { Control, type ControlParts } from '../control/control.ts'
import type { ControlTarget } from '../control/target.ts'
import type { DeviceCommand } from '../device-command.ts'
import type { JournalStart } from '../journal/journal-types.ts'
import type { TopicListener } from '../sources/mqtt/topic-listener.ts'

export interface ControlRoomParts extends Omit<ControlParts, 'ways'> {
  readonly ways: Omit<Ways, 'levels'>
}

export class ControlRoom {
  readonly control: Control
  /** By device, where a command needs it: the topic on which it spoke last. */
  readonly #lastTopics = new Map<string, string>()
  /** By device: its own topic, with each `+` still open. */
  #templates: ReadonlyMap<string, string> = new Map()

  constructor({ ways, ...parts }: ControlRoomParts) {
    this.control = new Control({ ...parts, ways: { ...ways, levels: (device) => this.#levels(device) } })
  }

  start({ lastSeq, open, recent }: JournalStart['commands']): Promise<void> {
    const commands = new Map<string, DeviceCommand>()
    for (const { command } of [...open, ...recent]) commands.set(command.id, command)
    return this.control.start({ lastSeq, commands: commands.values() })
  }

  setDevices(config: Pick<GatewayConfig, 'lines' | 'mqttDevices'>): void {
    this.control.setTargets(targetsOf(config))
    this.#templates = new Map(
      config.mqttDevices.map(({ device }) => [device.id, topicTemplate(device.profile, device.networkServer)]),
    )
    for (const device of this.#lastTopics.keys()) if (!this.#templates.has(device)) this.#lastTopics.delete(device)
  }

  /** On which topics the devices at one broker answer. */
  listeners(mqttDevices: readonly MqttDeviceConfig[], broker: string): readonly TopicListener[] {
    return mqttDevices.filter((entry) => entry.broker === broker).flatMap((entry) => this.#listenersOf(entry))
  }

  #listenersOf({ device, address }: MqttDeviceConfig): readonly TopicListener[] {
    const { id, profile, networkServer } = device
    const commands = profile.commands ?? []
    if (commands.length === 0) return []
    const confirming = commands.flatMap(({ confirm }) => (confirm?.type === 'message' ? [confirm] : []))
    const own = topicFilterOf(profile, { address, networkServer })
    const answers = new Set(confirming.flatMap(({ topic }) => (topic === undefined ? [] : [topic])))
    const owner = `device ${id}`
    return [
      {
        ...{ owner, topicFilter: own },
        heard: (message) => {
          this.#lastTopics.set(id, message.topic)
          this.control.message(id, message)
        },
      },
      ...[...answers].map((topic) => ({
        ...{ owner, topicFilter: topic.replaceAll('{address}', address) },
        heard: (message: { readonly topic: string; readonly payload: Uint8Array }) => this.control.message(id, message),
      })),
    ]
  }

  #levels(device: string): readonly string[] {
    const topic = this.#lastTopics.get(device)
    return topic === undefined ? [] : levelsOf(this.#templates.get(device) ?? '', topic)
  }
}

function targetsOf({ lines, mqttDevices }: Pick<GatewayConfig, 'lines' | 'mqttDevices'>): readonly ControlTarget[] {
  return [
    ...lines.flatMap(({ id, units }) =>
      units.map(({ device, unitId, mustNotRead }): ControlTarget => {
        return { device, route: { type: 'modbus', line: id, unitId, mustNotRead } }
      }),
    ),
    ...mqttDevices.map(({ device, broker, address }): ControlTarget => {
      return { device, route: { type: 'mqtt', broker, address } }
    }),
  ]
}
