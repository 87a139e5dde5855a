/** What an event of a gateway below may say: of itself and of those below it, and never of anybody else. */
import type { AlarmEvent } from '../alarm-model.ts'

/** More levels than any district has. */
const MAX_WAY = 8
const MAX_ID = 200

export interface Speakers {
  /** Id of this gateway. */
  readonly gateway: string
  readonly child: string
  /** Whether a gateway is another child, or below another. */
  readonly isOthers: (gateway: string) => boolean
}

/** The id under which an alarm of a gateway below is known here. */
export function idHere(child: string, alarmId: string): string {
  return `${child}:${alarmId}`
}

/** The gateway below through which an alarm came, and its id there; null: it is our own. */
export function childOf(alarmId: string): { readonly child: string; readonly alarmId: string } | null {
  const colon = alarmId.indexOf(':')
  return colon < 0 ? null : { child: alarmId.slice(0, colon), alarmId: alarmId.slice(colon + 1) }
}

export function wayText(gateways: readonly string[]): string {
  return gateways.join(':')
}

/** Null where the event may be taken. Its shape has been checked. */
export function eventProblem(event: AlarmEvent, { gateway, child, isOthers }: Speakers): string | null {
  if (event.gateway !== child) return `expected an event of "${child}", got one of "${event.gateway}"`
  const below = (event.alarm.path ?? []).map((hop) => hop.gateway)
  const way = [...below, child]
  if (way.includes(gateway)) return `expected a tree of gateways, got a loop: ${[...way, gateway].join(' → ')}`
  if (new Set(way).size < way.length) return `expected each gateway once on the way, got ${way.join(' → ')}`
  if (way.length > MAX_WAY) return `expected at most ${MAX_WAY} gateways on the way, got ${way.length}`
  const foreign = below.find(isOthers)
  if (foreign !== undefined) return `expected events of "${child}" and those below it, got one of "${foreign}"`
  return idProblem(event, below)
}

function idProblem({ alarm: { id } }: AlarmEvent, below: readonly string[]): string | null {
  const prefix = below.toReversed().map((part) => `${part}:`)
  const own = id.slice(prefix.join('').length)
  if (!id.startsWith(prefix.join('')) || own === '' || own.includes(':')) {
    return `expected an alarm id that begins with its way "${prefix.join('')}", got "${id.slice(0, MAX_ID)}"`
  }
  return id.length > MAX_ID - 70 ? `expected a shorter alarm id, got ${id.length} characters` : null
}
