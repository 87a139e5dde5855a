/**
 * Tells systemd that the gateway is ready, lives and stops, by the protocol of sd_notify(3): a process whose event loop hangs is
 * alive for everybody else, and only its silence here gets it restarted. Node has no datagram sockets of the file system, so
 * each word goes through systemd's own `systemd-notify`.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Clock, Log } from './model.ts'

export interface ServiceManager {
  /** From now on it also hears at twice the pace it demands that this process lives. */
  ready(): Promise<void>
  stopping(): Promise<void>
}

export interface ServiceManagerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Log
}

/** systemd reads its socket at once; what takes longer hangs, and nothing may wait for it. */
const TOLD_WITHIN_MS = 5_000

const NOBODY: ServiceManager = { ready: () => Promise.resolve(), stopping: () => Promise.resolve() }

/** Does nothing where no service manager listens: in a terminal, in a container. */
export function createServiceManager({ environment, clock, log }: ServiceManagerOptions): ServiceManager {
  if (environment.NOTIFY_SOCKET === undefined) return NOBODY
  const watchdogMs = watchdogOf(environment)
  let failed = false
  let isStopping = false
  let endWatch = () => {}

  async function tell(...words: readonly string[]): Promise<void> {
    try {
      await promisify(execFile)('systemd-notify', words, { timeout: TOLD_WITHIN_MS, env: environment })
      if (failed) log.info({}, 'the service manager hears the gateway again')
      failed = false
    } catch (error) {
      if (!failed) log.warn({ reason: (error as Error).message }, 'the service manager cannot be told')
      failed = true
    }
  }

  return {
    async ready() {
      if (isStopping) return
      await tell('READY=1', 'STATUS=running')
      if (watchdogMs !== null && !isStopping) endWatch = clock.every(watchdogMs / 2, () => void tell('WATCHDOG=1'))
    },
    async stopping() {
      isStopping = true
      endWatch()
      await tell('STOPPING=1', 'STATUS=stopping')
    },
  }
}

/** The longest silence that is borne, or null where nobody watches, or somebody watches another process. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceManagerOptions['environment']): number | null {
  const ms = Number(WATCHDOG_USEC) / 1000
  const ours = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  return ours && ms > 0 ? ms : null
}
