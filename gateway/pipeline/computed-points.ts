/**
 * Points that are computed from other points of their device: what one sample changes in them. They are judged, recorded and
 * stored as all others, but throw no doubt on their device: what is wrong with their inputs is told of those.
 */

import type { Instant, QualityReason } from '../model.ts'
import type { ComputedState } from './computed-state.ts'
import type { Finding } from './decode.ts'
import type { PointState } from './device-state.ts'

/** Null where the sample brought none of its inputs. `take`: which are its points, see `PointState.takenIn`. */
export function computedFinding(
  computed: ComputedState,
  { points, take, at }: { points: readonly PointState[]; take: number; at: Instant },
): Finding | null {
  let isTouched = false
  let fault: Finding | null = null
  for (let i = 0; i < computed.places.length; i++) {
    const input = points[computed.places[i] ?? -1]
    const reading = input?.reading
    if (input === undefined || reading === undefined || reading === null) {
      fault ??= computed.missing[i] ?? null
      continue
    }
    const isNew = input.takenIn === take
    isTouched ||= isNew
    if (reading.test === true)
      fault ??= { fault: 'insufficient-data', detail: `${input.point.profile.id} is being tested` }
    else if (reading.quality !== 'good' || typeof reading.value !== 'number') fault ??= sharedFault(input)
    else if (isNew) computed.calculator.add(i, reading.value, at.mono)
  }
  if (!isTouched) return null
  if (fault !== null) return fault
  const result = computed.calculator.value(at.mono)
  return 'value' in result ? result : { fault: 'insufficient-data', detail: result.unknown }
}

/** An uncertain input makes no certain number. */
function sharedFault({ point, reading, detail }: PointState): Finding {
  const reason: QualityReason = reading?.reason ?? 'malformed'
  return { fault: reason, detail: detail ?? `${point.profile.id}: ${reason}` }
}
