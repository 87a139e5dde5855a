/** From the installed units to the topics on which they speak, and to what takes their messages apart where that is needed. */
import type { Device } from '../../../device-profiles/device.ts'
import type { Clock } from '../../model.ts'
import { type AddressedForm, createAddressedReader } from './addressed-reader.ts'
import { createAvailabilityReader } from './availability-reader.ts'
import type { CodecAnswer, CodecCall } from './codec/codec-call.ts'
import { createCodecReader } from './codec/codec-reader.ts'
import type { MessageReader } from './message-reader.ts'
import { createSenmlReader } from './senml-reader.ts'
import type { SparkplugHost, SparkplugUnit } from './sparkplug/sparkplug-host.ts'
import type { TopicRoute } from './topic-routes.ts'

export interface MqttUnit {
  readonly device: Device
  /** By which its messages name it. */
  readonly address: string
  /** Of its own messages. */
  readonly topicFilters: readonly string[]
}

export interface ReaderParts {
  readonly runCodec: (call: CodecCall) => Promise<CodecAnswer>
  readonly clock: Pick<Clock, 'now'>
  /** Of this broker; gets the units that speak Sparkplug. */
  readonly sparkplug: SparkplugHost
}

export function createMessageRoutes(units: readonly MqttUnit[], parts: ReaderParts): readonly TopicRoute[] {
  const addressed = addressedReaders(units)
  parts.sparkplug.setUnits(units.flatMap(sparkplugUnit))
  return units.flatMap((unit) => [...ownRoutes(unit, { parts, addressed }), ...availabilityRoutes(unit)])
}

/** One of spBv1.0/group/+/node and spBv1.0/group/+/node/device: the checks of the profile have seen to it. */
function sparkplugUnit({ device, topicFilters }: MqttUnit): readonly SparkplugUnit[] {
  if (device.profile.mqtt?.payload.format !== 'sparkplug-b') return []
  const [, group = '', , node = '', behind = null] = topicFilters[0]?.split('/') ?? []
  return [{ deviceId: device.id, group, node, device: behind }]
}

function ownRoutes(
  { device, topicFilters }: MqttUnit,
  { parts, addressed }: { readonly parts: ReaderParts; readonly addressed: ReadonlyMap<string, MessageReader> },
): readonly TopicRoute[] {
  const { format } = device.profile.mqtt?.payload ?? {}
  if (format === 'sparkplug-b') return sparkplugRoutes({ device, topicFilters }, parts.sparkplug)
  const reader = ownReader(device, parts)
  return topicFilters.map((topicFilter) => {
    const shared = reader ?? addressed.get(keyOf(device, topicFilter))
    return { deviceId: device.id, topicFilter, ...(shared !== undefined && { reader: shared }) }
  })
}

/** What takes apart the messages of this device alone. */
function ownReader(device: Device, { runCodec, clock }: ReaderParts): MessageReader | undefined {
  switch (device.profile.mqtt?.payload.format) {
    case 'codec':
      return createCodecReader(device, { run: runCodec, clock })
    case 'senml':
      return createSenmlReader(device, clock)
    default:
      return undefined
  }
}

/** A device behind an edge node needs the births and deaths of the node, too. */
function sparkplugRoutes(
  { device, topicFilters }: Pick<MqttUnit, 'device' | 'topicFilters'>,
  reader: SparkplugHost,
): readonly TopicRoute[] {
  const own = topicFilters[0] ?? ''
  const ofNode = own.split('/').slice(0, 4).join('/')
  return [...new Set([own, ofNode])].map((topicFilter) => ({ deviceId: device.id, topicFilter, reader }))
}

/** Units that share a topic share its reader. */
function addressedReaders(units: readonly MqttUnit[]): ReadonlyMap<string, MessageReader> {
  const groups = new Map<string, { readonly form: AddressedForm; readonly units: Map<string, string> }>()
  for (const { device, address, topicFilters } of units) {
    const form = addressedForm(device)
    if (form === null) continue
    for (const topicFilter of topicFilters) {
      const key = keyOf(device, topicFilter)
      const group = groups.get(key) ?? { form, units: new Map<string, string>() }
      group.units.set(address, device.id)
      groups.set(key, group)
    }
  }
  return new Map([...groups].map(([key, group]) => [key, createAddressedReader(group.form, group.units)]))
}

function keyOf(device: Device, topicFilter: string): string {
  return JSON.stringify([topicFilter, addressedForm(device)])
}

function addressedForm({ profile: { mqtt } }: Device): AddressedForm | null {
  if (mqtt?.addressIn === undefined || mqtt.payload.format !== 'json') return null
  return { addressIn: mqtt.addressIn, each: mqtt.payload.each }
}

function availabilityRoutes({ device, address }: MqttUnit): readonly TopicRoute[] {
  return (device.profile.mqtt?.availability ?? []).map((availability) => ({
    deviceId: device.id,
    topicFilter: availability.topic.replaceAll('{address}', address),
    reader: createAvailabilityReader(device.id, availability),
  }))
}
