/** Rules that differ by season, day and time of day, as the clock at the station says. */
import type { ScheduledRule } from '../../device-profiles/device.ts'
import { isDuring, type LocalClock } from '../local-time.ts'
import { changeLevels, type RuleState } from './rules.ts'
import { sameData } from './same-data.ts'

/** Brings a rule to what it is at this time. True where its setpoints are others now: the newest value must be judged anew. */
export function followSchedule(state: RuleState, clock: LocalClock, wall: number): boolean {
  const { rule } = state
  const now = rule.scheduled?.find(({ during }) => isDuring(during, clock.at(during.timeZone, wall)))
  state.isOff = now?.enabled === false
  const levels = levelsOf(state, now)
  if (levels === state.nominal || sameData(levels, state.nominal)) return false
  state.nominal = levels
  // What must be looked up first is taken over with its sources.
  if (levels.some(({ source }) => source !== undefined)) return false
  state.frozen = null
  changeLevels(state, levels)
  return true
}

function levelsOf({ rule, nominal }: RuleState, now: ScheduledRule | undefined) {
  return rule.type === 'limit' ? (now?.levels ?? rule.levels) : nominal
}
