/** The gateway's HTTP API as the console uses it. Addresses are relative: the page may stand under any path. */

import type { Alarm } from '../../alarm-model.ts'
import type { GatewayInfo, HistoryItem, PointView } from '../../http/gateway-view.ts'
import type { Mode, ModeWish } from '../../mode.ts'
import type { LocalText } from '../../model.ts'

/**
 * How long an answer may take. Short where the page has nothing to show without it: after a break the browser may try
 * dead connections first, one after the other.
 */
const SNAPSHOT_TIMEOUT_MS = 3000
const TIMEOUT_MS = 8000

export type Decision = 'confirm' | 'decline' | 'reset'

export type Info = GatewayInfo & { readonly now: number }

export interface Who {
  readonly name: string | null
  readonly role: 'viewer' | 'operator'
}

export interface Snapshot {
  readonly info: Info
  readonly who: Who
  readonly alarms: readonly Alarm[]
  readonly lastSeq: number
  readonly points: readonly PointView[]
  readonly modes: readonly Mode[]
}

/** An answer of the gateway that is no success; `status` 0: there was no answer. */
export class ApiFailure extends Error {
  readonly status: number
  readonly text: LocalText | null
  constructor(status: number, message: string, text: LocalText | null = null) {
    super(message)
    this.status = status
    this.text = text
  }
}

async function request<T>(path: string, init: RequestInit & { readonly timeoutMs?: number } = {}): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(init.timeoutMs ?? TIMEOUT_MS) })
  } catch (error) {
    throw new ApiFailure(0, String(error))
  }
  const body = await response.json().catch(() => null)
  if (response.ok) return body as T
  const { message = response.statusText, text = null } = body?.error ?? {}
  throw new ApiFailure(response.status, message, text)
}

function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  return request<T>(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Everything the page shows, and the number after which events must follow. */
export async function fetchSnapshot(): Promise<Snapshot> {
  const soon = { timeoutMs: SNAPSHOT_TIMEOUT_MS }
  // First alone: where a token is missing, the others would only repeat the refusal.
  const who = await request<Who>('api/session', soon)
  const [info, { alarms, lastSeq }, { points }, { modes }] = await Promise.all([
    request<Info>('api/info', soon),
    request<{ alarms: readonly Alarm[]; lastSeq: number }>('api/alarms?open=true', soon),
    request<{ points: readonly PointView[] }>('api/points', soon),
    request<{ modes: readonly Mode[] }>('api/modes', soon),
  ])
  return { who, info, alarms, lastSeq, points, modes }
}

export function sendCommand(type: 'acknowledge' | 'reset', alarmId: string, by: string): Promise<Alarm> {
  return post(`api/alarms/${encodeURIComponent(alarmId)}/${type}`, { by })
}

/** About a level that is proposed, or one that people have confirmed (reset). */
export function sendDecision(
  type: Decision,
  alarmId: string,
  said: { readonly by: string; readonly comment: string },
): Promise<Alarm> {
  return post(`api/alarms/${encodeURIComponent(alarmId)}/${type}`, said)
}

export function sendBeginMode(wish: Omit<ModeWish, 'durationMs'> & { readonly minutes: number }): Promise<Mode> {
  return post('api/modes', wish)
}

export function sendEndMode(id: string, by: string): Promise<Mode> {
  return post(`api/modes/${encodeURIComponent(id)}/end`, { by })
}

export function logIn(token: string): Promise<Who> {
  return post('api/session', { token })
}

export async function fetchHistory(query: {
  readonly point: string
  readonly from: number
  readonly to: number
  readonly maxPoints: number
}): Promise<readonly HistoryItem[]> {
  const { point, from, to, maxPoints } = query
  const parameters = new URLSearchParams({
    point,
    from: String(Math.floor(from)),
    to: String(Math.ceil(to)),
    maxPoints: String(maxPoints),
  })
  const { items } = await request<{ items: readonly HistoryItem[] }>(`api/readings?${parameters}`)
  return items
}

export function eventsAddress(after: number): string {
  return `api/events?after=${after}&heartbeatSeconds=2`
}
