/** A scenario whose file was found sound, and what it says about any moment. Pure: the same question has always the same answer. */
import type { LocalText } from '../device-profiles/base-schema.ts'
import type { NetworkServer } from '../device-profiles/payload-schema.ts'
import type { DeviceProfile } from '../device-profiles/schema.ts'
import type { DeviceFault } from './message-fault.ts'
import type { StationLine } from './modbus/station.ts'
import type { LineFault } from './modbus/unit-fault.ts'
import { readingAt, type Span, spanAt, type Track } from './track.ts'
import type { Expectations, GatewaySetup } from './verdict/expectation.ts'

export interface Scenario {
  readonly name: LocalText
  readonly seed: number
  readonly broker: BrokerAddress | null
  /** By id. */
  readonly lines: ReadonlyMap<string, StationLine>
  /** By line; in the order of time, and none overlaps another of its line. */
  readonly lineFaults: ReadonlyMap<string, readonly Span<LineFault>[]>
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  /** In the order of time. */
  readonly story: readonly StoryLine[]
  /** When the story begins anew; null where it is told once. */
  readonly repeatEverySeconds: number | null
  /** When the last step is done. */
  readonly durationSeconds: number
  readonly gateway: GatewaySetup
  /** Null: nothing is expected. */
  readonly expect: Expectations | null
}

export interface BrokerAddress {
  /** mqtt://host:port or mqtts://host:port */
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly networkServer?: NetworkServer
}

export interface SimulatedDevice {
  readonly id: string
  readonly profile: DeviceProfile
  readonly parameters: Readonly<Record<string, number>>
  /** Of its topics, where its profile leaves them open. */
  readonly levels?: Readonly<Record<string, string>> | undefined
  readonly connection: ModbusConnection | MqttConnection
  /** By point id: the points that have a value. */
  readonly tracks: ReadonlyMap<string, Track>
  /** In the order of time; they do not overlap. */
  readonly faults: readonly Span<DeviceFault>[]
}

export interface ModbusConnection {
  readonly type: 'modbus'
  readonly line: string
  readonly unitId: number
}

export interface MqttConnection {
  readonly type: 'mqtt'
  /** What stands for {address} in the topics of the profile. */
  readonly address: string
  readonly topic: string
  /** Whose messages a LoRaWAN device comes in. */
  readonly networkServer: NetworkServer
  readonly intervalMs: number
}

export interface StoryLine {
  readonly atSeconds: number
  readonly say: LocalText
}

/**
 * What a point says at a moment, `seconds` after the start, in the point's unit; null while it is not measured.
 * Throws a RangeError for a device that is not in the scenario or a point to which it gives no value.
 */
export function valueAt(
  scenario: Scenario,
  { device, point, seconds }: { readonly device: string; readonly point: string; readonly seconds: number },
): number | null {
  const track = deviceOf(scenario, device).tracks.get(point)
  if (track === undefined) throw new RangeError(`the scenario gives no value to ${device}.${point}`)
  const seed = `${scenario.seed} ${device}.${point}`
  return readingAt(track, { story: storySeconds(scenario, seconds), seconds, seed })
}

/** The fault of a device at a moment; null while it is well. */
export function faultAt(
  scenario: Scenario,
  { device, seconds }: { readonly device: string; readonly seconds: number },
): DeviceFault | null {
  return spanAt(deviceOf(scenario, device).faults, storySeconds(scenario, seconds))?.fault ?? null
}

/** The fault of a whole line at a moment; null while it is well. */
export function lineFaultAt(
  scenario: Scenario,
  { line, seconds }: { readonly line: string; readonly seconds: number },
): LineFault | null {
  return spanAt(scenario.lineFaults.get(line) ?? [], storySeconds(scenario, seconds))?.fault ?? null
}

/** What is told after `after` and until `until` (seconds from the start, `until` included), with the times of this telling. */
export function storyBetween(
  scenario: Scenario,
  { after, until }: { readonly after: number; readonly until: number },
): readonly StoryLine[] {
  const { repeatEverySeconds: every, story } = scenario
  const told: StoryLine[] = []
  const first = every === null ? 0 : Math.max(0, Math.floor(after / every))
  const last = every === null ? 0 : Math.floor(until / every)
  for (let round = first; round <= last; round++) {
    const base = every === null ? 0 : round * every
    for (const line of story) {
      const atSeconds = base + line.atSeconds
      if (atSeconds > after && atSeconds <= until) told.push({ atSeconds, say: line.say })
    }
  }
  return told
}

function deviceOf(scenario: Scenario, id: string): SimulatedDevice {
  const device = scenario.devices.get(id)
  if (device === undefined) throw new RangeError(`the scenario has no device "${id}"`)
  return device
}

function storySeconds({ repeatEverySeconds }: Scenario, seconds: number): number {
  return repeatEverySeconds === null ? seconds : seconds % repeatEverySeconds
}
