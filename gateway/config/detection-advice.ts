/** What would make a line fast enough: each single change is tried on the computation itself, and its mildest form told. */
import { type LineLoad, predictLine, type UnitLoad } from '../sources/modbus/line-timing.ts'
import { detectionsOf, isTooSlow, type RulesByDevice } from './timing.ts'

const BAUD_RATES = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200]
const SHORTEST_INTERVAL_MS = 100
/** A time-out needs room above the reply time, or healthy units are lost. */
const TIMEOUT_PER_REPLY = 3
const SHORTEST_TIMEOUT_MS = 50

/** For a line that is too slow. Each is written to follow "any one of these is enough"; empty where no single change is. */
export function detectionAdvice(load: LineLoad, rules: RulesByDevice): readonly string[] {
  const keeps: Keeps = (changed, changedRules = rules) =>
    !detectionsOf(predictLine(changed), changedRules).some(isTooSlow)
  const slow = new Set(
    detectionsOf(predictLine(load), rules).flatMap((found) => (isTooSlow(found) ? [found.deviceId] : [])),
  )
  return [
    intervalAdvice(load, { slow, keeps }),
    timeoutAdvice(load, keeps),
    quietAdvice(load, keeps),
    connectionAdvice(load, keeps),
    baudAdvice(load, keeps),
    registersAdvice(load, keeps),
    unitsAdvice(load, { slow, keeps }),
    onDelayAdvice(load, { rules, keeps }),
  ].filter((advice) => advice !== null)
}

type Keeps = (load: LineLoad, rules?: RulesByDevice) => boolean

interface Context {
  readonly slow: ReadonlySet<string>
  readonly keeps: Keeps
}

function intervalAdvice(load: LineLoad, { slow, keeps }: Context): string | null {
  const at = (ms: number): LineLoad => ({
    ...load,
    units: load.units.map((unit) =>
      slow.has(unit.deviceId) ? { ...unit, pollIntervalMs: Math.min(unit.pollIntervalMs, ms) } : unit,
    ),
  })
  const longest = Math.max(
    ...load.units.filter(({ deviceId }) => slow.has(deviceId)).map((unit) => unit.pollIntervalMs),
  )
  const ms = largest({ below: longest, from: SHORTEST_INTERVAL_MS }, (candidate) => keeps(at(candidate)))
  return ms === null ? null : `pollInterval: ${durationText(ms)} or less for ${named([...slow])}`
}

function timeoutAdvice(load: LineLoad, keeps: Keeps): string | null {
  const { timeoutMs } = predictLine(load)
  const from = Math.max(SHORTEST_TIMEOUT_MS, TIMEOUT_PER_REPLY * load.replyTimeMs)
  const at = (ms: number): LineLoad => ({ ...load, timing: { ...load.timing, timeoutMs: ms } })
  const ms = largest({ below: timeoutMs, from }, (candidate) => keeps(at(candidate)))
  if (ms === null) return null
  const follows = load.timing.quietAfterTimeoutMs === undefined && load.transport.type !== 'modbus-tcp'
  return `timeout: ${durationText(ms)} or less on the line${follows ? ' (the silence after it follows)' : ''}`
}

/** Where the silence is given, it does not follow the time-out. */
function quietAdvice(load: LineLoad, keeps: Keeps): string | null {
  const { quietAfterTimeoutMs: below } = load.timing
  if (below === undefined || load.transport.type === 'modbus-tcp') return null
  const at = (ms: number): LineLoad => ({ ...load, timing: { ...load.timing, quietAfterTimeoutMs: ms } })
  const ms = largest({ below, from: TIMEOUT_PER_REPLY * load.replyTimeMs }, (candidate) => keeps(at(candidate)))
  return ms === null ? null : `quietAfterTimeout: ${durationText(ms)} or less, where no device is ever later`
}

function connectionAdvice(load: LineLoad, keeps: Keeps): string | null {
  if (load.connection !== 'release-between-polls' || !keeps({ ...load, connection: 'keep' })) return null
  return 'connection: keep on the line, where no other master needs it'
}

function baudAdvice(load: LineLoad, keeps: Keeps): string | null {
  const { transport } = load
  if (transport.type !== 'modbus-rtu') return null
  const higher = BAUD_RATES.filter((baudRate) => baudRate > transport.baudRate)
  const enough = higher.find((baudRate) => keeps({ ...load, transport: { ...transport, baudRate } }))
  return enough === undefined ? null : `baudRate: ${enough}, where all devices of the line can`
}

function registersAdvice(load: LineLoad, keeps: Keeps): string | null {
  const all = registersOf(load.units)
  let fewest = 0
  let most = all
  if (!keeps(withRegisters(load, fewest))) return null
  while (most - fewest > 1) {
    const middle = Math.floor((fewest + most) / 2)
    if (keeps(withRegisters(load, middle))) fewest = middle
    else most = middle
  }
  const left = registersOf(withRegisters(load, fewest).units)
  return `${left} instead of ${all} registers per cycle of the line (a profile of your own with fewer points)`
}

function registersOf(units: readonly UnitLoad[]): number {
  return units.flatMap(({ reads }) => reads).reduce((sum, { count }) => sum + count, 0)
}

/** No read longer than what `total` leaves to each: the longest are the first to be shortened. */
function withRegisters(load: LineLoad, total: number): LineLoad {
  const reads = load.units.reduce((sum, unit) => sum + unit.reads.length, 0)
  let most = Math.max(0, ...load.units.flatMap((unit) => unit.reads.map(({ count }) => count)))
  const shortened = (): readonly UnitLoad[] =>
    load.units.map((unit) => ({
      ...unit,
      reads: unit.reads.map((read) => ({ ...read, count: Math.min(read.count, most) })),
    }))
  while (most > 1 && registersOf(shortened()) > Math.max(total, reads)) most--
  return { ...load, units: shortened() }
}

/** The slow units stay as long as others can go, and the ones that take most of the line go first. */
function unitsAdvice(load: LineLoad, { slow, keeps }: Context): string | null {
  const cost = new Map(predictLine(load).units.map((unit) => [unit.deviceId, unit.cycleMs]))
  const order = [...load.units].sort(
    (a, b) =>
      Number(slow.has(b.deviceId)) - Number(slow.has(a.deviceId)) ||
      (cost.get(a.deviceId) ?? 0) - (cost.get(b.deviceId) ?? 0),
  )
  const all = load.units.length
  let most = 0
  let tooMany = all
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2)
    if (keeps({ ...load, units: order.slice(0, middle) })) most = middle
    else tooMany = middle
  }
  return most === 0 ? null : `at most ${most} of the ${all} units on this line, the others on another`
}

function onDelayAdvice(load: LineLoad, { rules, keeps }: { readonly rules: RulesByDevice; readonly keeps: Keeps }) {
  const at = (ms: number): RulesByDevice =>
    new Map(
      [...rules].map(([id, of]) => [id, of.map((rule) => ({ ...rule, onDelayMs: Math.min(rule.onDelayMs, ms) }))]),
    )
  const longest = Math.max(0, ...[...rules.values()].flat().map((rule) => (rule.maxMs === null ? 0 : rule.onDelayMs)))
  const ms = largest({ below: longest, from: 0 }, (candidate) => keeps(load, at(candidate)))
  return ms === null ? null : `onDelay: ${durationText(ms)} or less`
}

/** The largest value below `below` that is enough, rounded down to what people write; null if there is none. */
function largest(
  { below, from }: { readonly below: number; readonly from: number },
  isEnough: (value: number) => boolean,
): number | null {
  let enough = from
  let tooMuch = below
  if (from >= below || !isEnough(from)) return null
  while (tooMuch - enough > 1) {
    const middle = Math.floor((enough + tooMuch) / 2)
    if (isEnough(middle)) enough = middle
    else tooMuch = middle
  }
  const step = enough >= 1000 ? 100 : 10
  const rounded = Math.floor(enough / step) * step
  return rounded >= from && isEnough(rounded) ? rounded : null
}

/** As the configuration writes it. */
function durationText(ms: number): string {
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`
}

const MOST_NAMES = 5

export function named(ids: readonly string[]): string {
  const shown = ids.slice(0, MOST_NAMES).map((id) => `"${id}"`)
  return ids.length > MOST_NAMES ? `${shown.join(', ')} and ${ids.length - MOST_NAMES} more` : shown.join(', ')
}
