/** What processes cost while something is measured: this one by its own account, others as Linux tells it. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Usage {
  /** User and system time of all threads, as a share of one core. */
  readonly cores: number
  /** Resident, at the end. */
  readonly megabytes: number
}

export interface OwnUsage extends Usage {
  /** By how much the one thread that does everything was late, in ms. */
  readonly loopLate: { readonly p99: number; readonly max: number }
}

const RESOLUTION_MS = 10
const TICKS_PER_SECOND = 100
const MB = 1024 * 1024

/** Call the function that is returned at the end. */
export function watchOwnUsage(): () => OwnUsage {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  loop.enable()
  const begun = performance.now()
  const before = process.cpuUsage()
  return () => {
    loop.disable()
    const { user, system } = process.cpuUsage(before)
    // Its timer counts the time that it waits for on purpose.
    const late = (ns: number): number => Math.max(ns / 1e6 - RESOLUTION_MS, 0)
    return {
      cores: (user + system) / 1000 / (performance.now() - begun),
      megabytes: process.memoryUsage.rss() / MB,
      loopLate: { p99: late(loop.percentile(99)), max: late(loop.max) },
    }
  }
}

export interface MachineUsage {
  readonly cores: number
  /** Of them, those that were at work, for whomever. */
  readonly busy: number
}

/** All that runs on this machine. */
export function watchMachine(): () => MachineUsage {
  const before = processorTimes()
  return () => {
    const after = processorTimes()
    const whole = after.whole - before.whole
    const cores = availableParallelism()
    return { cores, busy: whole === 0 ? 0 : (1 - (after.idle - before.idle) / whole) * cores }
  }
}

function processorTimes(): { readonly idle: number; readonly whole: number } {
  const all = cpus().map(({ times }) => times)
  const idle = all.reduce((sum, times) => sum + times.idle, 0)
  const whole = all.reduce((sum, { user, nice, sys, irq, idle: free }) => sum + user + nice + sys + irq + free, 0)
  return { idle, whole }
}

/** Null where the system does not tell. */
export function watchUsage(pid: number | undefined): () => Usage | null {
  const begun = performance.now()
  const before = cpuSeconds(pid)
  return () => {
    const after = cpuSeconds(pid)
    const megabytes = residentMegabytes(pid)
    if (before === null || after === null || megabytes === null) return null
    return { cores: ((after - before) * 1000) / (performance.now() - begun), megabytes }
  }
}

function cpuSeconds(pid: number | undefined): number | null {
  // Behind the name of the program, which may have spaces.
  const fields = told(pid, 'stat')?.split(') ').at(-1)?.split(' ')
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function residentMegabytes(pid: number | undefined): number | null {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(told(pid, 'status') ?? '')?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}

function told(pid: number | undefined, what: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8')
  } catch {
    return null
  }
}
