/** What the row of an alarm asks of dispatch. */
import type { Alarm } from '../alarm-model.ts'

export type Wanted = 'calling' | 'in-hand' | 'aside' | 'over'

export function wantedOf(
  { facts, state }: Pick<Alarm, 'facts' | 'state'>,
  { stopsOnReturn }: { readonly stopsOnReturn: boolean },
): Wanted {
  if (facts.suppression === 'out-of-service' || state === 'normal') return 'over'
  if (facts.suppression !== null) return 'aside'
  if (facts.acked) return 'in-hand'
  return state === 'returned-unacknowledged' && stopsOnReturn ? 'over' : 'calling'
}
