/** The configuration as the gateway works with it: every default filled in, every duration in milliseconds. */
import type { RegisterRange } from '../../device-profiles/binding-schema.ts'
import type { Device } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { topicFiltersOf } from '../../device-profiles/message-topic.ts'
import type { RegistryContent } from '../registry/registry-content.ts'
import { type AssessmentConfig, assessmentOf } from './assessment.ts'
import { type BrokerConfig, brokerConfigOf } from './broker-config.ts'
import { type DispatchConfig, dispatchConfigOf } from './dispatch-config.ts'
import { type DrillScheduleConfig, drillsOf } from './drills.ts'
import { type EquipmentConfig, equipmentOf } from './equipment.ts'
import { bareHost } from './loopback.ts'
import type { MqttCommandsConfig } from './mqtt-commands.ts'
import { registryContentOf } from './registry.ts'
import type { ConfigFile, DeviceSection, ExternalBrokerSection, LineSection, SinkSection } from './schema.ts'

export interface ModbusUnitConfig {
  readonly device: Device
  readonly unitId: number
  /** Of its profile and of its own. */
  readonly mustNotRead: readonly RegisterRange[]
}

export type LineConfig = LineSection & {
  readonly timeoutMs: number
  readonly interRequestDelayMs: number
  readonly connectDelayMs: number
  readonly quietAfterTimeoutMs: number | undefined
  readonly replyTimeMs: number
  readonly units: readonly ModbusUnitConfig[]
}

export interface MqttDeviceConfig {
  readonly device: Device
  /** `embedded`, or the id of an outside broker. */
  readonly broker: string
  /** By which its messages name it. */
  readonly address: string
  /** Of its own messages; its main one first. */
  readonly topicFilters: readonly string[]
}

export type ExternalBrokerConfig = ExternalBrokerSection & { readonly clientId: string }
export type SinkConfig = SinkSection

/** A gateway below. */
export interface ChildConfig {
  readonly id: string
  readonly token: string
  /** Over which it speaks; null: over HTTP. */
  readonly broker: string | null
  /** Null: three of its own heartbeats. */
  readonly silentAfterMs: number | null
}

export interface GatewayConfig {
  readonly gateway: ConfigFile['gateway'] & {
    readonly language: 'zh' | 'en'
    readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  }
  readonly station: ConfigFile['station']
  /** The tree of stations around it, who is on duty there, and the places. */
  readonly registry: RegistryContent
  readonly http: ConfigFile['http'] & { readonly host: string; readonly port: number }
  readonly storage: NonNullable<ConfigFile['storage']>
  readonly broker: BrokerConfig | null
  readonly brokers: readonly ExternalBrokerConfig[]
  readonly lines: readonly LineConfig[]
  readonly mqttDevices: readonly MqttDeviceConfig[]
  readonly sinks: readonly SinkConfig[]
  readonly children: readonly ChildConfig[]
  /** Null: people are told by whoever takes alarm events. */
  readonly dispatch: DispatchConfig | null
  readonly equipment: EquipmentConfig
  readonly assessment: AssessmentConfig
  readonly drills: readonly DrillScheduleConfig[]
  readonly commands: {
    /** Null: none are taken over MQTT. */
    readonly mqtt: MqttCommandsConfig | null
  }
  /** All devices, groups of them, and the gateway itself with its sinks and lines. */
  readonly devices: readonly Device[]
}

/** The id under which the gateway reports the health of one sink. */
export function sinkDeviceId(sinkId: string): string {
  return `sink-${sinkId}`
}

/** The id under which the gateway reports the health of one channel of dispatch. */
export function channelDeviceId(channelId: string): string {
  return `channel-${channelId}`
}

/** The id under which the gateway reports how dispatch stands. */
export const DISPATCH_DEVICE = 'dispatch'

/** The id under which the gateway reports what it measures of one line. */
export function lineDeviceId(lineId: string): string {
  return `line-${lineId}`
}

/** The id under which the gateway reports what it knows of one gateway below. */
export function childDeviceId(childId: string): string {
  return `child-${childId}`
}

export interface ResolvedDevices {
  /** One for each section of `devices`, in order. */
  readonly devices: readonly Device[]
  readonly groups: readonly Device[]
  /** The gateway, its sinks, its lines and those below it. */
  readonly self: readonly Device[]
}

/** Puts the pieces together; `devices` are the resolved ones of `file.devices`, in their order. */
export function assembleConfig(file: ConfigFile, resolved: ResolvedDevices): GatewayConfig {
  const deviceAt = (index: number): Device => resolved.devices[index] as Device
  return {
    gateway: {
      ...file.gateway,
      language: file.gateway.language ?? 'zh',
      logLevel: file.gateway.logLevel ?? 'info',
    },
    station: file.station,
    registry: registryContentOf(file),
    http: { ...file.http, host: bareHost(file.http.host ?? '127.0.0.1'), port: file.http.port ?? 8080 },
    storage: file.storage ?? {},
    broker: file.broker === undefined ? null : brokerConfigOf(file.broker, file.gateway.dataDirectory),
    brokers: (file.brokers ?? []).map((broker) => ({
      ...broker,
      clientId: broker.clientId ?? `outpost-${file.gateway.id}-${broker.id}`,
    })),
    lines: (file.lines ?? []).map((line) => ({
      ...line,
      ...(line.type !== 'modbus-rtu' && { host: bareHost(line.host) }),
      timeoutMs: parseDuration(line.timeout ?? '1s'),
      interRequestDelayMs: parseDuration(line.interRequestDelay ?? '0ms'),
      connectDelayMs: parseDuration(line.connectDelay ?? '0ms'),
      quietAfterTimeoutMs: line.quietAfterTimeout === undefined ? undefined : parseDuration(line.quietAfterTimeout),
      replyTimeMs: parseDuration(line.replyTime ?? (line.type === 'modbus-tcp' ? '20ms' : '50ms')),
      units: file.devices.flatMap((device, index) =>
        device.line === line.id ? [unitConfig(deviceAt(index), device)] : [],
      ),
    })),
    mqttDevices: file.devices.flatMap((device, index) =>
      device.broker === undefined
        ? []
        : [
            {
              device: deviceAt(index),
              broker: device.broker,
              address: device.address as string,
              topicFilters: topicFiltersOf(deviceAt(index).profile, {
                address: device.address as string,
                networkServer: deviceAt(index).networkServer,
              }),
            },
          ],
    ),
    sinks: file.sinks ?? [],
    children: (file.children ?? []).map(({ id, token, broker = null, silentAfter }) => ({
      ...{ id, token, broker },
      silentAfterMs: silentAfter === undefined ? null : parseDuration(silentAfter),
    })),
    dispatch: dispatchConfigOf(file),
    equipment: equipmentOf(file.equipment),
    assessment: assessmentOf(file.assessment),
    drills: drillsOf(file.drills),
    commands: { mqtt: file.commands?.mqtt ?? null },
    devices: [...resolved.devices, ...resolved.groups, ...resolved.self],
  }
}

function unitConfig(device: Device, { unitId, mustNotRead = [] }: DeviceSection): ModbusUnitConfig {
  const ofProfile = device.profile.modbus?.mustNotRead ?? []
  return { device, unitId: unitId as number, mustNotRead: [...ofProfile, ...mustNotRead] }
}
