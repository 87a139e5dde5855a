/**
 * Keeps the store in step with the gateway: a snapshot, then every event after it. After any break, doubt or gap it
 * begins again with a snapshot, so that no alarm is missed, and it skips numbers it has seen, so that none is doubled.
 */
import { batch } from '@preact/signals'
import type { AlarmEvent } from '../../alarm-model.ts'
import type { AlarmView } from '../../http/child-view.ts'
import type { Mode } from '../../mode.ts'
import type { Reading } from '../../model.ts'
import { ApiFailure, eventsAddress, fetchSnapshot, type Info } from './api.ts'
import { connection, info, lastContactAt, modes, now, takeAlarms, takeReadings, takeSnapshot } from './store.ts'

/** The gateway beats every 2 s; after this silence the page says that it is blind. */
const SILENCE_MS = 4500
/** Shorter than anybody notices. */
const SHOW_MS = 40
const RETRY_MS = [500, 1000, 2000, 3000] as const

let stream: EventSource | null = null
let lastSeq = 0
let lastHeard = 0
/** The gateway's clock minus this computer's. */
let offset = 0
let failures = 0
/** Events that the page does not show yet: thousands in a second are one change of it. */
let waiting: AlarmEvent[] = []
let isShowingSoon = false
/** Counts the attempts to connect, so that only the newest one goes on. */
let attempt = 0
let retry: ReturnType<typeof setTimeout> | undefined

export function startFeed(): void {
  setInterval(watch, 500)
  void connect()
}

/** Tries at once, e.g. after a log-in. */
export async function connect(): Promise<void> {
  const mine = abandon()
  try {
    const snapshot = await fetchSnapshot()
    if (mine !== attempt) return
    batch(() => {
      heard(snapshot.info.now)
      takeSnapshot(snapshot)
      // The snapshot is newer than all of them.
      waiting = []
    })
    lastSeq = snapshot.lastSeq
    follow(snapshot.info)
  } catch (error) {
    if (mine !== attempt) return
    if (error instanceof ApiFailure && error.status === 401) {
      connection.value = 'locked'
      return
    }
    lose()
  }
}

function follow(known: Info): void {
  const source = new EventSource(eventsAddress(lastSeq))
  stream = source
  // A stream that was replaced may still have something in its queue.
  const on = <T>(name: string, take: (data: T) => void) =>
    source.addEventListener(name, (event: MessageEvent<string>) => {
      if (stream === source) take(JSON.parse(event.data) as T)
    })
  on<{ gateway: string; startedAt: number; lastSeq: number; now: number }>('hello', (hello) => {
    heard(hello.now)
    const same = hello.gateway === known.gateway && hello.startedAt === known.startedAt
    // It started again between snapshot and stream, or its journal is another one.
    if (!same || hello.lastSeq < lastSeq) return void connect()
    failures = 0
    connection.value = 'live'
  })
  on<{ now: number }>('heartbeat', (beat) => heard(beat.now))
  on<{ readings: readonly Reading[] }>('readings', ({ readings }) => {
    heard(null)
    takeReadings(readings)
  })
  on<{ modes: readonly Mode[] }>('modes', (news) => {
    heard(null)
    modes.value = news.modes
  })
  on<AlarmEvent>('alarm', takeEvent)
  on<{ alarm: AlarmView }>('ordered', ({ alarm }) => {
    heard(null)
    takeAlarms([{ alarm }])
  })
  source.onerror = () => {
    if (stream === source) lose()
  }
}

function takeEvent(event: AlarmEvent): void {
  heard(null)
  if (event.seq <= lastSeq) return
  if (event.seq > lastSeq + 1) return void connect()
  lastSeq = event.seq
  waiting.push(event)
  if (isShowingSoon) return
  isShowingSoon = true
  setTimeout(show, SHOW_MS)
}

function show(): void {
  isShowingSoon = false
  takeAlarms(waiting.splice(0))
}

function heard(gatewayTime: number | null): void {
  lastHeard = performance.now()
  if (gatewayTime !== null) offset = gatewayTime - Date.now()
  lastContactAt.value = Date.now() + offset
}

function watch(): void {
  now.value = Date.now() + offset
  if (connection.value === 'live' && performance.now() - lastHeard > SILENCE_MS) lose()
}

/** Ends the stream and every attempt that is under way; gives the number of the next one. */
function abandon(): number {
  clearTimeout(retry)
  stream?.close()
  stream = null
  attempt++
  return attempt
}

function lose(): void {
  abandon()
  connection.value = info.value === null ? 'connecting' : 'lost'
  const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]
  failures++
  retry = setTimeout(() => void connect(), wait)
}
