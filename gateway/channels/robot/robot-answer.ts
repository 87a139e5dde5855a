/** A robot's own word about a message: HTTP says 200 whatever became of it. */
import { DeliveryError } from '../../delivery-model.ts'
import { excerpt } from '../../sinks/http-answer.ts'

export interface RobotCodes {
  /** It was spoken to too often. */
  readonly busy: readonly number[]
  /** This very message can never be shown. */
  readonly unacceptable: readonly number[]
}

/** A robot that spoke too often is silenced for a minute and more; asking again earlier only makes it longer. */
const SILENCED_MS = 60_000

/** Throws a `DeliveryError` where it was not shown. What nobody knows is for a person to mend: no message is lost for it. */
export function checkRobotAnswer(answer: string, codes: RobotCodes, secrets: readonly (string | undefined)[]): void {
  const { errcode, errmsg } = parse(answer)
  if (errcode === 0) return
  if (typeof errcode !== 'number') {
    throw new DeliveryError(
      'unreachable',
      `the robot: expected an answer with an errcode, got "${excerpt(answer, secrets)}"`,
    )
  }
  const said = `the robot answered errcode ${errcode}: ${excerpt(String(errmsg ?? ''), secrets)}`
  if (codes.busy.includes(errcode)) throw new DeliveryError('busy', said, { retryAfterMs: SILENCED_MS })
  throw new DeliveryError(codes.unacceptable.includes(errcode) ? 'unacceptable' : 'refused', said)
}

function parse(answer: string): { readonly errcode?: unknown; readonly errmsg?: unknown } {
  try {
    const said: unknown = JSON.parse(answer)
    return typeof said === 'object' && said !== null ? said : {}
  } catch {
    return {}
  }
}
