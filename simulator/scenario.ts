/** A scenario whose file was found sound, and what it says about any moment. Pure: the same question has always the same answer. */
import type { LocalText } from '../device-profiles/base-schema.ts'
import type { NetworkServer } from '../device-profiles/payload-schema.ts'
import type { DeviceProfile, PointProfile } from '../device-profiles/schema.ts'
import type { StationLine } from './modbus/station.ts'
import type { LineFault, UnitFault } from './modbus/unit-fault.ts'
import { mulberry32, seedOf } from './mulberry32.ts'
import type { Expectations, GatewaySetup } from './verdict/expectation.ts'

export interface Scenario {
  readonly name: LocalText
  readonly seed: number
  readonly broker: BrokerAddress | null
  /** By id. */
  readonly lines: ReadonlyMap<string, StationLine>
  /** By line; in the order of time, and none overlaps another of its line. */
  readonly lineFaults: ReadonlyMap<string, readonly FaultSpan<LineFault>[]>
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
  readonly faults: readonly FaultSpan[]
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

/** The life of one point, in its own unit. */
export interface Track {
  readonly point: PointProfile
  readonly initial: number
  /** How far the value wavers to both sides. */
  readonly noise: number
  /** In the order of time; they do not overlap. */
  readonly ramps: readonly Ramp[]
}

/** From the value before to `to`, in a straight line; at once where start and end are the same. */
export interface Ramp {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly to: number
}

export interface FaultSpan<Fault extends LineFault = UnitFault> {
  readonly startSeconds: number
  /** Infinity where it lasts to the end. */
  readonly endSeconds: number
  readonly fault: Fault
}

export interface StoryLine {
  readonly atSeconds: number
  readonly say: LocalText
}

/**
 * The value of a point at a moment, `seconds` after the start, in the point's unit. Noise never leaves the point's range.
 * Throws a RangeError for a device that is not in the scenario or a point to which it gives no value.
 */
export function valueAt(
  scenario: Scenario,
  { device, point, seconds }: { readonly device: string; readonly point: string; readonly seconds: number },
): number {
  const track = deviceOf(scenario, device).tracks.get(point)
  if (track === undefined) throw new RangeError(`the scenario gives no value to ${device}.${point}`)
  const value = trackValueAt(track, storySeconds(scenario, seconds))
  if (track.noise === 0) return value
  const [low, high] = track.point.range ?? [-Infinity, Infinity]
  const noise = track.noise * waver(`${scenario.seed} ${device}.${point}`, seconds)
  return Math.min(Math.max(value + noise, Math.min(low, value)), Math.max(high, value))
}

/** The fault of a device at a moment; null while it is well. */
export function faultAt(
  scenario: Scenario,
  { device, seconds }: { readonly device: string; readonly seconds: number },
): UnitFault | null {
  return faultIn(deviceOf(scenario, device).faults, storySeconds(scenario, seconds))
}

/** The fault of a whole line at a moment; null while it is well. */
export function lineFaultAt(
  scenario: Scenario,
  { line, seconds }: { readonly line: string; readonly seconds: number },
): LineFault | null {
  return faultIn(scenario.lineFaults.get(line) ?? [], storySeconds(scenario, seconds))
}

function faultIn<Fault extends LineFault>(spans: readonly FaultSpan<Fault>[], at: number): Fault | null {
  const span = spans.findLast(({ startSeconds }) => startSeconds <= at)
  return span !== undefined && at < span.endSeconds ? span.fault : null
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

function trackValueAt({ initial, ramps }: Track, seconds: number): number {
  let value = initial
  for (const { startSeconds, endSeconds, to } of ramps) {
    if (seconds < startSeconds) break
    if (seconds < endSeconds) return value + ((to - value) * (seconds - startSeconds)) / (endSeconds - startSeconds)
    value = to
  }
  return value
}

/** Between -1 and 1: a random number for each second, joined by straight lines, as a slow sensor wavers. */
function waver(seed: string, seconds: number): number {
  const second = Math.floor(seconds)
  const share = seconds - second
  return atSecond(seed, second) * (1 - share) + atSecond(seed, second + 1) * share
}

function atSecond(seed: string, second: number): number {
  return mulberry32(seedOf(`${seed} ${second}`))() * 2 - 1
}
