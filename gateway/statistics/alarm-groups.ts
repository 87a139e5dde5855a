/**
 * Many alarms at once, gathered by what they are. A person in a flood must see at a glance what is worst, and that hundreds of
 * lines are one cause; so what has the highest priority of all stands alone, and so does what is urgent. Nobody reads a thousand
 * of those either: beyond a hundred they are gathered too, each kind behind its first.
 */
import { type Alarm, PRIORITIES, type Priority } from '../alarm-model.ts'

export interface AlarmGroup {
  /** `kind.rule`, and the class. */
  readonly key: string
  /** The first of them in the order for people; it speaks for all. */
  readonly first: Alarm
  /** In the same order. */
  readonly alarms: readonly Alarm[]
  /** How many nobody has acknowledged. */
  readonly unacknowledged: number
}

/** Below so many, a list is no flood and nothing is gathered. */
export const GROUPED_FROM = 10

/** So many stand alone at most; it also bounds what an answer of the API and the console's list cost in the worst flood. */
export const ALONE_AT_MOST = 100

/** `alarms` in the order for people. What stands alone is a group of one. The groups keep the order of their first. */
export function groupAlarms(alarms: readonly Alarm[]): readonly AlarmGroup[] {
  const highest = highestOf(alarms)
  const groups = new Map<string, Alarm[]>()
  let alone = 0
  for (const alarm of alarms) {
    const isAlone = alone < ALONE_AT_MOST && standsAlone(alarm, highest)
    if (isAlone) alone++
    const key = isAlone ? alarm.id : keyOf(alarm)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [alarm])
    else group.push(alarm)
  }
  return Array.from(groups, ([key, members]) => ({
    key,
    first: members[0] as Alarm,
    alarms: members,
    unacknowledged: members.filter(({ facts }) => !facts.acked && facts.suppression === null).length,
  }))
}

function standsAlone({ priority, facts, mark }: Alarm, highest: Priority | null): boolean {
  return facts.suppression === null && mark === null && (priority === highest || priority === 'urgent')
}

/**
 * Of what asks people now. A fault counts only where there is nothing else: when a cable is cut, the faults are the flood.
 */
function highestOf(alarms: readonly Alarm[]): Priority | null {
  const asking = alarms.filter(({ facts, mark }) => facts.active && facts.suppression === null && mark === null)
  const hazards = asking.filter((alarm) => alarm.class === 'alarm')
  if (hazards.length === 0) return null
  return PRIORITIES.findLast((priority) => hazards.some((alarm) => alarm.priority === priority)) ?? null
}

/** What is active is never gathered with what is over, nor what was seen with what was not. */
function keyOf({ kind, rule, class: alarmClass, state, mark }: Alarm): string {
  return [kind, rule, alarmClass, state, mark ?? 'real'].join('.')
}
