/** What was expected and what came, one row each, under the courses of the values. */
import type { Expectation, Window } from './expectation.ts'
import type { Finding } from './judge.ts'
import type { Course, Occurrence } from './occurrence.ts'
import { BAD, FAINT, GOOD, GRID, HALO, INK, priorityColour } from './picture-style.ts'
import { element, line, words } from './svg.ts'
import type { TimeAxis } from './time-axis.ts'
import { escapeXml } from './xml.ts'

export const ROW_HEIGHT = 24
/** Of small words, about. */
const SIGN_WIDTH = 6.5

interface RowPlan {
  readonly axis: TimeAxis
  readonly top: number
  readonly course: Course
}

/** With a second line that says why it was not met. */
export function expectationHeight({ status }: Finding): number {
  return status === 'met' ? ROW_HEIGHT : ROW_HEIGHT + 15
}

/** A box from which moment to which it was to be raised, a dashed one for its return. */
export function expectationRow(
  { finding, expectation }: { readonly finding: Finding; readonly expectation: Expectation | undefined },
  { axis, top, course }: RowPlan,
): string {
  const isMet = finding.status === 'met'
  const colour = isMet ? GOOD : BAD
  const box = (window: Window, dashes?: string): string => {
    const begin = (window.atSeconds / course.speed) * 1000
    const from = axis.x(begin)
    // A window that ends with the picture is still to be seen.
    const width = Math.max(axis.x(begin + window.withinMs) - from, 3)
    return element('rect', {
      ...{ x: from, y: top + 5, width, height: ROW_HEIGHT - 10, fill: 'none', stroke: colour },
      'stroke-dasharray': dashes,
    })
  }
  const outcome = expectation?.outcome
  const boxes =
    outcome?.type !== 'raised'
      ? []
      : [box(outcome.raised), ...(outcome.returned === null ? [] : [box(outcome.returned, '3 3')])]
  const label = `${isMet ? '✓' : '✗'} ${finding.title}`
  const why = isMet ? '' : finding.details.join('; ')
  return [
    ground(axis, top + expectationHeight(finding)),
    words(label, { x: 14, y: top + 16, fill: colour, 'font-size': 11, ems: 27 }),
    ...boxes,
    ...(why === '' ? [] : [words(why, { x: 28, y: top + 31, fill: BAD, 'font-size': 11, ems: 100, ...HALO })]),
  ].join('\n')
}

/** Bars from each raise to its return, in steps where it changed its level. */
export function alarmRow(occurrences: readonly Occurrence[], plan: RowPlan): string {
  const { axis, top } = plan
  const [first] = occurrences
  if (first === undefined) return ''
  const { id } = first.alarm
  const name = first.alarm.class === 'fault' ? `${id} (fault)` : id
  return [
    ground(axis, top + ROW_HEIGHT),
    words(name, { x: 14, y: top + 16, fill: INK, 'font-size': 11, ems: 27 }),
    ...occurrences.flatMap((occurrence) => bars(occurrence, { axis, top, endMs: plan.course.nowMs })),
  ].join('\n')
}

function bars(
  { appearances, returnedMs }: Occurrence,
  { axis, top, endMs }: { readonly axis: TimeAxis; readonly top: number; readonly endMs: number },
): readonly string[] {
  return appearances.map(({ ms, alarm, isShown }, i) => {
    const next = appearances[i + 1]
    const from = axis.x(ms)
    const width = Math.max(axis.x(next?.ms ?? returnedMs ?? endMs) - from, 2)
    const colour = priorityColour(alarm.priority)
    const what = [alarm.level, alarm.priority, isShown ? null : 'not shown'].filter((word) => word !== null).join(', ')
    const box = { x: from, y: top + 4, width, height: ROW_HEIGHT - 8, fill: colour, stroke: '#ffffff' }
    const bar = element('rect', { ...box, 'fill-opacity': isShown ? 1 : 0.25 }, element('title', {}, escapeXml(what)))
    const length = what.length * SIGN_WIDTH
    if (length < width)
      return bar + words(what, { x: from + 5, y: top + 16, 'font-size': 10, fill: isShown ? '#ffffff' : colour })
    // Words that have no room show on hovering, unless there is room behind the last bar.
    if (next !== undefined) return bar
    const isAtEdge = from + width + length > axis.right
    const place = isAtEdge ? { x: from - 4, 'text-anchor': 'end' } : { x: from + width + 4 }
    return bar + words(what, { ...place, y: top + 16, 'font-size': 10, fill: colour, ...HALO })
  })
}

function ground({ right }: TimeAxis, y: number): string {
  return line([14, y], [right, y], { stroke: GRID })
}

export function headingRow(text: string, top: number): string {
  return words(text, { x: 14, y: top + 18, fill: FAINT, 'font-size': 12, 'font-weight': 'bold' })
}
