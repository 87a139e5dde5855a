/** The steps of a timeline with their place in the file and their times, and what is wrong with their form. */
import { parseDuration } from '../device-profiles/duration.ts'
import { checkFaultKeys, FAULT_KEYS } from './scenario-faults.ts'
import type { Report } from './scenario-report.ts'
import { isPointFaultType, type StepEntry } from './scenario-schema.ts'

export interface Placed {
  readonly index: number
  readonly step: StepEntry
  readonly start: number
  /** Infinity where it lasts to the end. */
  readonly end: number
}

/** In the order of time. */
export function placedSteps(steps: readonly StepEntry[]): readonly Placed[] {
  return steps.map((step, index) => placedAt(step, index)).sort((a, b) => a.start - b.start || a.index - b.index)
}

function placedAt(step: StepEntry, index: number): Placed {
  const start = parseDuration(step.at) / 1000
  const { fault, generate } = step
  const lasts = fault !== undefined ? step.for : (step.over ?? (generate === undefined ? '0s' : undefined))
  return { index, step, start, end: lasts === undefined ? Infinity : start + parseDuration(lasts) / 1000 }
}

const CHANGE_KEYS = ['point', 'to', 'over', 'generate'] as const

/** A step changes a value (`device`, `point`, `to`), brings a fault (`device` or `line`, `fault`), or only says something. */
export function checkForm({ index, step }: Placed, report: Report): void {
  const isGiven = (key: keyof StepEntry): boolean => step[key] !== undefined
  const isOfPoint = step.fault !== undefined && isPointFaultType(step.fault)
  const isChange = !isOfPoint && CHANGE_KEYS.some(isGiven)
  const isFault = FAULT_KEYS.some(isGiven)
  if (isChange && isFault) {
    report([index], 'a step either changes a value ("point", "to") or brings a fault ("fault"), not both')
  } else if (isChange) checkChangeForm({ index, step }, report)
  else if (isFault) checkFaultForm({ index, step, isOfPoint }, report)
  else if (isGiven('device')) report([index], 'say what happens to the device: "point" and "to", or "fault"')
  else if (!isGiven('line') && !isGiven('say'))
    report([index], 'nothing happens here; add "device", "point" and "to", a "fault", or "say"')
  const [target, ...others] = (['device', 'devices', 'line'] as const).filter(isGiven)
  for (const other of others) report([index, other], `give "${target}" or "${other}", not both`)
  if (isGiven('line') && !isGiven('device') && !isFault) report([index], 'say what happens to the line: "fault"')
  checkFaultKeys(step, (key, message) => report([index, key], message))
}

function checkChangeForm({ index, step }: Pick<Placed, 'index' | 'step'>, report: Report): void {
  const missing = [
    ...(['device', 'point'] as const).filter((key) => step[key] === undefined).map((key) => `"${key}"`),
    ...(step.to === undefined && step.generate === undefined ? ['"to" or "generate"'] : []),
  ]
  if (missing.length > 0) report([index], `a change of a value needs ${missing.join(' and ')}`)
  if (step.to !== undefined && step.generate !== undefined)
    report([index, 'generate'], 'give "to" or "generate", not both')
}

function checkFaultForm(
  { index, step, isOfPoint }: Pick<Placed, 'index' | 'step'> & { readonly isOfPoint: boolean },
  report: Report,
): void {
  if (isOfPoint) {
    const needed = ['device', 'point', ...(step.fault === 'spikes' ? ['to'] : [])] as const
    const missing = needed.filter((key) => step[key as keyof StepEntry] === undefined).map((key) => `"${key}"`)
    if (missing.length > 0) report([index], `the fault ${step.fault} needs ${missing.join(' and ')}`)
    return
  }
  const hasTarget = step.device !== undefined || step.devices !== undefined || step.line !== undefined
  const missing = [...(hasTarget ? [] : ['"device" or "line"']), ...(step.fault !== undefined ? [] : ['"fault"'])]
  if (missing.length > 0) report([index], `a fault needs ${missing.join(', and ')}`)
}

export function checkEnd(
  { index, step, start, end }: Placed,
  { repeatEverySeconds: every, report }: { readonly repeatEverySeconds: number | null; readonly report: Report },
): void {
  if (every === null) return
  if (start >= every)
    report([index, 'at'], `at ${start} s the story has begun anew already; "repeatEvery" is ${every} s`)
  else if (Number.isFinite(end) && end > every) {
    const key = step.fault === undefined ? 'over' : 'for'
    report([index, key], `ends at ${end} s, after the story has begun anew; "repeatEvery" is ${every} s`)
  }
}

/** What follows at the very end of the one before is no overlap; two at the same instant are. */
export function checkOverlaps(
  steps: readonly Placed[],
  { what, key, report }: { readonly what: string; readonly key: string; readonly report: Report },
): void {
  for (const [i, { index, start }] of steps.entries()) {
    const before = steps[i - 1]
    if (before === undefined || (start >= before.end && start > before.start)) continue
    report([index, key], `overlaps timeline[${before.index}], which changes ${what} already (${spanText(before)}`)
  }
}

function spanText({ start, end }: Placed): string {
  if (end <= start) return `${start} s); remove one of them`
  return Number.isFinite(end)
    ? `${start} s to ${end} s); begin at ${end} s`
    : `${start} s to the end); give that one "for"`
}
