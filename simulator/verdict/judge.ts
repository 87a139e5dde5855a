/** Whether a gateway told of a story what was expected. Pure: the same course has always the same verdict. */
import type { Expectation, Expectations, Window } from './expectation.ts'
import { pickText } from './expectation.ts'
import { type Course, momentText, type Occurrence, occurrencesOf, type Told } from './occurrence.ts'

export interface Verdict {
  readonly findings: readonly Finding[]
  /** True when nothing is open any more and everything is met. */
  readonly isMet: boolean
  /** What is worth knowing and judged by nobody: the gateway's own health. */
  readonly remarks: readonly string[]
}

export interface Finding {
  /** `radar.water-level at level orange, 00:26 to 00:36` */
  readonly title: string
  /** `open`: something is awaited yet. `standing`: nothing is wrong so far, and the end decides. */
  readonly status: 'met' | 'missed' | 'open' | 'standing'
  /** What came and when, or what was missing and what came instead. */
  readonly details: readonly string[]
}

/** What the story says and what the gateway does are told by two clocks of this machine, and in steps of the story. */
const EARLIEST_MS = 250

/** What came before the course is over leaves what can still happen open. */
export function judge(expectations: Expectations, course: Course): Verdict {
  const occurrences = occurrencesOf(course)
  const claimed = new Set<Told>()
  const covered = new Set<Occurrence>()
  const findings = new Map<Expectation, Finding>()
  // What is said most exactly takes its alarm first, so that "any alarm of this kind" does not take it away.
  const order = expectations.alarms.toSorted((a, b) => exactness(b) - exactness(a) || beginOf(a) - beginOf(b))
  for (const expectation of order)
    findings.set(expectation, find(expectation, { course, occurrences, claimed, covered }))
  const inOrder = expectations.alarms.flatMap((expectation) => findings.get(expectation) ?? [])
  const all = [...inOrder, ...(expectations.nothingElse ? [nothingElse(occurrences, { course, covered })] : [])]
  return {
    findings: all,
    isMet: all.every(({ status }) => status === 'met'),
    remarks: occurrences
      .filter((occurrence) => !covered.has(occurrence) && !course.judged.has(occurrence.alarm.device))
      .map((occurrence) => occurrenceText(occurrence, course)),
  }
}

interface Finder {
  readonly course: Course
  readonly occurrences: readonly Occurrence[]
  /** What was expected once already. */
  readonly claimed: Set<Told>
  readonly covered: Set<Occurrence>
}

function find(expectation: Expectation, finder: Finder): Finding {
  const { course, occurrences, claimed, covered } = finder
  const { pick, outcome } = expectation
  const fitting = occurrences.flatMap((occurrence) =>
    appearancesOf(occurrence, expectation).map((told) => ({ occurrence, told })),
  )
  if (outcome.type === 'never') {
    for (const { occurrence } of fitting) covered.add(occurrence)
    const came = fitting.map(({ occurrence }) => `came: ${occurrenceText(occurrence, course)}`)
    const status = came.length > 0 ? 'missed' : course.isOver ? 'met' : 'standing'
    return { title: `never ${pickText(pick)}`, status, details: [...new Set(came)] }
  }
  const title = `${pickText(pick)}, ${windowText(outcome.raised, course)}`
  const begin = msOf(outcome.raised, course)
  const free = fitting.filter(({ told }) => !claimed.has(told))
  const found = free.find(({ told }) => told.ms >= begin - EARLIEST_MS)
  const isLate = found !== undefined && found.told.ms > begin + outcome.raised.withinMs
  if (found === undefined || isLate) {
    const isOpen = !course.isOver && course.nowMs <= begin + outcome.raised.withinMs
    if (isOpen && found === undefined) return { title, status: 'open', details: [] }
    return { title, status: 'missed', details: whyMissed(expectation, { ...finder, found, free }) }
  }
  claimed.add(found.told)
  covered.add(found.occurrence)
  const came = `came at ${momentText(found.told.ms, course)}, ${secondsText(found.told.ms - begin)} after its moment`
  return judgeRest(expectation, { ...finder, ...found, title, came })
}

/** What becomes of an alarm that came as it should. */
function judgeRest(
  { outcome }: Expectation,
  found: Finder & { occurrence: Occurrence; told: Told; title: string; came: string },
): Finding {
  const { course, occurrence, title, came } = found
  if (outcome.type === 'never') throw new TypeError('what never comes has no end')
  const problems: string[] = []
  let isOpen = false
  const details = [came]
  const { returned, staysActive, state } = outcome
  const isStanding = (staysActive || state !== null) && !course.isOver
  if (returned !== null) {
    const begin = msOf(returned, course)
    const at = occurrence.returnedMs
    const span = windowText(returned, course)
    if (at === null && !course.isOver && course.nowMs <= begin + returned.withinMs) isOpen = true
    else if (at === null) problems.push(`did not return to normal (${span})`)
    else if (at < begin - EARLIEST_MS)
      problems.push(`returned at ${momentText(at, course)}, ${secondsText(begin - at)} too early (${span})`)
    else if (at > begin + returned.withinMs)
      problems.push(
        `returned at ${momentText(at, course)}, ${secondsText(at - begin - returned.withinMs)} too late (${span})`,
      )
    else details.push(`returned at ${momentText(at, course)}`)
  }
  if (staysActive && occurrence.returnedMs !== null)
    problems.push(`should stay, but returned at ${momentText(occurrence.returnedMs, course)}`)
  if (state !== null && course.isOver && occurrence.last.state !== state)
    problems.push(`at the end expected ${state}, got ${occurrence.last.state}`)
  const status = problems.length > 0 ? 'missed' : isOpen ? 'open' : isStanding ? 'standing' : 'met'
  return { title, status, details: [...details, ...problems] }
}

function whyMissed(
  expectation: Expectation,
  finder: Finder & {
    readonly found: { readonly occurrence: Occurrence; readonly told: Told } | undefined
    readonly free: readonly { readonly occurrence: Occurrence; readonly told: Told }[]
  },
): readonly string[] {
  const { found, free, course, covered, occurrences } = finder
  if (expectation.outcome.type === 'never') return []
  const { raised } = expectation.outcome
  const begin = msOf(raised, course)
  const early = free.findLast(({ told }) => told.ms < begin - EARLIEST_MS)
  const came: string[] = []
  if (early !== undefined) {
    covered.add(early.occurrence)
    came.push(`came at ${momentText(early.told.ms, course)}, ${secondsText(begin - early.told.ms)} too early`)
  }
  if (found !== undefined) {
    covered.add(found.occurrence)
    const late = secondsText(found.told.ms - begin - raised.withinMs)
    came.push(`came at ${momentText(found.told.ms, course)}, ${late} too late`)
  }
  if (came.length > 0) return came
  const { device, rule } = expectation.pick
  const near = occurrences.filter(
    ({ alarm }) => (device === undefined || alarm.device === device) && (rule === undefined || alarm.rule === rule),
  )
  const instead = device === undefined && rule === undefined ? [] : near
  // The same alarm at another level or priority is not a second mistake.
  for (const one of instead) if (rule !== undefined && !covered.has(one)) covered.add(one)
  if (instead.length === 0)
    return ['it did not come', device === undefined ? '' : `nothing came of ${device}`].filter(Boolean)
  return ['it did not come', ...instead.map((one) => `instead: ${occurrenceText(one, course)}`)]
}

function nothingElse(
  occurrences: readonly Occurrence[],
  { course, covered }: { readonly course: Course; readonly covered: ReadonlySet<Occurrence> },
): Finding {
  const others = occurrences.filter(
    (one) => course.judged.has(one.alarm.device) && !covered.has(one) && one.appearances.some(({ isShown }) => isShown),
  )
  // Before the end, what came may still be what is expected.
  const status = !course.isOver ? 'standing' : others.length > 0 ? 'missed' : 'met'
  const details = course.isOver ? others.map((one) => `not expected: ${occurrenceText(one, course)}`) : []
  return { title: 'nothing else', status, details }
}

/** Where no level and no priority is asked for, only that it was raised counts, and no later change. */
function appearancesOf({ appearances }: Occurrence, expectation: Expectation): readonly Told[] {
  const fitting = appearances.filter((told) => fits(expectation, told))
  const { level, priority } = expectation.pick
  return level === undefined && priority === undefined ? fitting.slice(0, 1) : fitting
}

function fits({ pick, outcome }: Expectation, { alarm, isShown }: Told): boolean {
  const isHidden = outcome.type === 'raised' && /^(shelved|suppressed|out-of)/.test(outcome.state ?? '')
  if (!isShown && !isHidden) return false
  return (['device', 'rule', 'kind', 'class', 'level', 'priority'] as const).every(
    (key) => pick[key] === undefined || pick[key] === alarm[key],
  )
}

function exactness({ pick }: Expectation): number {
  return (pick.device === undefined ? 0 : 2) + (pick.rule === undefined ? 0 : 1)
}

function beginOf({ outcome }: Expectation): number {
  return outcome.type === 'never' ? Number.POSITIVE_INFINITY : outcome.raised.atSeconds
}

function msOf({ atSeconds }: Window, { speed }: Course): number {
  return (atSeconds / speed) * 1000
}

function windowText(window: Window, course: Course): string {
  const begin = msOf(window, course)
  return `${momentText(begin, course)} to ${momentText(begin + window.withinMs, course)}`
}

/** `hook.removed (high alarm) at 00:33, returned at 00:40` */
function occurrenceText({ appearances, alarm, returnedMs }: Occurrence, course: Course): string {
  const steps = appearances.map(({ alarm: { level, priority }, ms }) => {
    return `${level === null ? '' : `${level}, `}${priority} at ${momentText(ms, course)}`
  })
  const end = returnedMs === null ? '' : `, returned at ${momentText(returnedMs, course)}`
  return `${alarm.class} ${alarm.id} (${steps.join('; ')}${end})`
}

function secondsText(ms: number): string {
  return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`
}
