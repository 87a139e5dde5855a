/** Which alarms a drill exercises: of each device in its scope the gravest hazard, where no alarms are named. */
import type { Device, Rule } from '../../device-profiles/device.ts'
import { PRIORITIES, type Priority } from '../alarm-model.ts'
import type { DrillScope } from '../ledger-model.ts'
import type { Registry } from '../registry-model.ts'

export interface DrillChoice {
  readonly alarms: readonly { readonly id: string; readonly station: string }[]
  /** What the configuration does not have. */
  readonly unknown: readonly string[]
}

export function chooseAlarms(
  scope: DrillScope,
  { devices, registry }: { devices: readonly Device[]; registry: Registry },
): DrillChoice {
  const unknown = unknownIn(scope, { devices, registry })
  const chosen = devices.filter((device) => isInScope(device, { scope, registry }))
  const named = scope.alarms === undefined ? null : new Set(scope.alarms)
  const alarms = chosen.flatMap((device) => {
    const rules = named === null ? gravestOf(device) : device.rules.filter(({ id }) => named.has(`${device.id}.${id}`))
    return rules.map(({ id }) => ({ id: `${device.id}.${id}`, station: device.station }))
  })
  return { alarms, unknown }
}

function isInScope(device: Device, { scope, registry }: { scope: DrillScope; registry: Registry }): boolean {
  const { stations, devices, kinds } = scope
  if (device.profile.protocol === 'self' && device.members === undefined) return false
  if (devices !== undefined && !devices.includes(device.id)) return false
  if (kinds !== undefined && !kinds.includes(device.kind)) return false
  if (stations === undefined) return true
  const chain = registry.chainOf(registry.responsibleFor(device.id).id)
  return chain.some(({ id }) => stations.includes(id))
}

function gravestOf({ rules }: Device): readonly Rule[] {
  const hazards = rules.filter((rule) => rule.class === 'alarm')
  const [first, ...others] = hazards
  if (first === undefined) return []
  return [others.reduce((worst, rule) => (graver(rule, worst) ? rule : worst), first)]
}

function graver(a: Rule, b: Rule): boolean {
  return PRIORITIES.indexOf(priorityOf(a)) > PRIORITIES.indexOf(priorityOf(b))
}

/** Of a limit that of its most severe level, which is the one that is exercised. */
function priorityOf(rule: Rule): Priority {
  return rule.type === 'limit' ? (rule.levels.at(-1)?.priority ?? 'low') : rule.priority
}

function unknownIn(
  scope: DrillScope,
  { devices, registry }: { devices: readonly Device[]; registry: Registry },
): string[] {
  const { stations = [], alarms = [], kinds = [] } = scope
  const ids = new Set(devices.map(({ id }) => id))
  const rules = new Set(devices.flatMap(({ id, rules: own }) => own.map((rule) => `${id}.${rule.id}`)))
  const known = new Set(devices.map(({ kind }) => kind))
  return [
    ...stations.filter((id) => registry.station(id) === undefined),
    ...(scope.devices ?? []).filter((id) => !ids.has(id)),
    ...kinds.filter((kind) => !known.has(kind)),
    ...alarms.filter((id) => !rules.has(id)),
  ]
}
