/** Misses the heartbeats of gateways: a dead gateway raises no alarm, so whoever is above it must notice the silence. */
import { printable } from './printable.ts'

/** The members that are used here; a heartbeat brings more. Times in ms since 1970. */
export interface Heartbeat {
  readonly type: 'heartbeat'
  readonly gateway: string
  readonly station: string
  readonly intervalMs: number
  readonly health: string
  readonly lastSeq: number
}

export interface HeartbeatWatch {
  beat(heartbeat: Heartbeat): void
  /** Misses nobody any more. */
  stop(): void
  /** The last heartbeat of each gateway. */
  readonly last: ReadonlyMap<string, Heartbeat>
}

export interface HeartbeatWatchOptions {
  readonly print: (line: string) => void
}

/** Two that get lost may be the network; a third is not waited for. */
const SILENT_AFTER_INTERVALS = 2.5
/** The longest that a gateway may take between two; a timer of Node takes no more than 24 days. */
const LONGEST_INTERVAL_MS = 24 * 3_600_000

export function createHeartbeatWatch(options: HeartbeatWatchOptions): HeartbeatWatch {
  const print = (line: string) => options.print(printable(line))
  const last = new Map<string, Heartbeat>()
  const timers = new Map<string, NodeJS.Timeout>()
  const silent = new Set<string>()

  function beat(heartbeat: Heartbeat): void {
    const { gateway, station, intervalMs, health } = heartbeat
    clearTimeout(timers.get(gateway))
    timers.delete(gateway)
    const before = last.get(gateway)
    last.set(gateway, heartbeat)
    if (health === 'stopping') {
      print(`网关停机 gateway stops, as it was told to: ${gateway} (${station})`)
      return
    }
    const back = silent.delete(gateway) || before?.health === 'stopping'
    if (back) print(`网关恢复 gateway is back: ${gateway} (${station}), ${health}`)
    timers.set(gateway, setTimeout(() => miss(heartbeat), intervalMs * SILENT_AFTER_INTERVALS).unref())
  }

  function miss({ gateway, station, intervalMs }: Heartbeat): void {
    timers.delete(gateway)
    silent.add(gateway)
    const seconds = Number(((intervalMs * SILENT_AFTER_INTERVALS) / 1000).toFixed(1))
    print(`网关失联 gateway is silent: ${gateway} (${station}), no heartbeat for ${seconds} s`)
  }

  function stop(): void {
    for (const timer of timers.values()) clearTimeout(timer)
    timers.clear()
  }

  return { beat, stop, last }
}

/** The heartbeat in a body, or null where the body is none. */
export function parseHeartbeat(body: string): Heartbeat | null {
  try {
    const value = JSON.parse(body) as Partial<Heartbeat> | null
    if (value?.type !== 'heartbeat') return null
    const texts = [value.gateway, value.station, value.health].every((text) => typeof text === 'string')
    const { intervalMs = 0, lastSeq } = value
    const sound = texts && intervalMs > 0 && intervalMs <= LONGEST_INTERVAL_MS && Number.isSafeInteger(lastSeq)
    return sound ? (value as Heartbeat) : null
  } catch {
    return null
  }
}
