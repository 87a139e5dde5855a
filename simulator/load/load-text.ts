/** What was measured of a load, for people at a terminal, and what it says of whom. */
import type { Percentiles } from './load-figures.ts'
import type { LoadResult } from './load-run.ts'
import type { OwnUsage, Usage } from './process-usage.ts'

/** With less it may be the simulator that was measured. */
const LEAST_HEADROOM = 1.5
const PACE_KEPT = 0.98
/** Of all cores. */
const BUSY_MACHINE = 0.9
/** Of all cores, taken by programs that are no part of this. */
const OTHERS_SHARE = 0.2

export type Limit = 'pace' | 'gateway' | 'simulator' | 'machine'

/** Who kept the load from being more. */
export function limitOf(result: LoadResult): Limit {
  const { plan, figures } = result
  const perSecond = figures.done / figures.seconds
  if (plan.rate !== null && perSecond >= plan.rate * PACE_KEPT) return 'pace'
  if (isCrowded(result)) return 'machine'
  return headroomOf(result) >= LEAST_HEADROOM ? 'gateway' : 'simulator'
}

/** How many times as much the simulator could do: what it has done alone, or what its one thread still had time for. */
function headroomOf({ figures, own, alone }: LoadResult): number {
  return Math.max(alone.perSecond / (figures.done / figures.seconds), 1 / own.cores)
}

function isCrowded({ machine, ...result }: LoadResult): boolean {
  return (
    machine.busy >= machine.cores * BUSY_MACHINE && othersOf({ machine, ...result }) >= machine.cores * OTHERS_SHARE
  )
}

/** Cores at work for programs that are no part of this. A gateway that cannot be told is taken for one of them. */
function othersOf({ machine, own, gateway }: Pick<LoadResult, 'machine' | 'own' | 'gateway'>): number {
  return Math.max(machine.busy - own.cores - (gateway?.cores ?? 0), 0)
}

/** Nothing was lost, and the pace was kept where there is one. */
export function isCarried(result: LoadResult): boolean {
  const { plan, figures } = result
  const isPaced = plan.rate === null || limitOf(result) === 'pace'
  return figures.lost === 0 && figures.heldBack === 0 && figures.cutOff === 0 && figures.done > 0 && isPaced
}

/** Ends with a line break. */
export function loadText(result: LoadResult): string {
  const { plan, figures, own, gateway, alone } = result
  const { protocol, devices, rate } = plan
  const isMqtt = protocol === 'mqtt'
  const things = isMqtt ? 'messages' : 'polls'
  const asked = rate === null ? `as many ${things} as the gateway takes` : `${count(rate)} ${things}/s`
  const rows: readonly (readonly [string, string])[] = [
    [`${count(devices)} ${isMqtt ? 'MQTT' : 'Modbus'} devices`, `${asked}, for ${figures.seconds.toFixed(1)} s`],
    ['achieved', `${count(figures.done / figures.seconds)}/s: ${doneText(result)}`],
    [
      isMqtt ? 'due until PUBACK' : rate === null ? 'between two polls' : 'later than due',
      percentileText(figures.latency),
    ],
    ['gateway', gateway === null ? 'not told: no process of this run' : usageText(gateway)],
    ['simulator', ownText(own)],
    [
      'simulator alone',
      `${count(alone.perSecond)}/s ${isMqtt ? 'into a null broker' : 'to a null master'}, ${ownText(alone.own)}`,
    ],
    [
      'machine',
      `${result.machine.busy.toFixed(2)} of ${result.machine.cores} cores busy, ${othersOf(result).toFixed(2)} of them with other things`,
    ],
    ['limit', limitText(result)],
  ]
  return rows.map(([name, text]) => `${name.padEnd(22)} ${text}\n`).join('')
}

function doneText({ plan, figures }: LoadResult): string {
  const { offered, done, lost, heldBack, cutOff } = figures
  if (plan.protocol === 'modbus') {
    return plan.rate === null
      ? `${count(done)} polls`
      : `${count(done)} of ${count(offered)} polls, ${count(lost)} missing`
  }
  const more = [
    ...(heldBack > 0 ? [`${count(heldBack)} not sent, too much was unacknowledged`] : []),
    ...(cutOff > 0 ? [`${count(cutOff)} connections cut off`] : []),
  ]
  return [`${count(done)} of ${count(offered)} acknowledged`, `${count(lost)} lost`, ...more].join(', ')
}

function limitText(result: LoadResult): string {
  const rest = `the simulator could do ${headroomOf(result).toFixed(1)} times as much`
  switch (limitOf(result)) {
    case 'pace':
      return `the pace that was asked for; ${rest}`
    case 'gateway':
      return `the gateway; ${rest}`
    case 'machine':
      return `the machine, which others keep busy, so this says little of the gateway; ${rest}`
    case 'simulator':
      return `perhaps the simulator, so this says little of the gateway; ${rest}`
  }
}

function percentileText({ p50, p90, p99, max }: Percentiles): string {
  return `p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`
}

function ownText(usage: OwnUsage): string {
  const { p99, max } = usage.loopLate
  return `${usageText(usage)}, event loop late by ${ms(p99)} (p99), ${ms(max)} (max)`
}

function usageText({ cores, megabytes }: Usage): string {
  return `${cores.toFixed(2)} cores, ${Math.round(megabytes)} MB`
}

function ms(value: number): string {
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
