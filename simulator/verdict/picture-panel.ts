/** The course of one point: its values as the gateway told them, and the setpoints of its rules. */
import { FAINT, GRID, HALO, INK, priorityColour, VALUE } from './picture-style.ts'
import { element, line, round, words } from './svg.ts'
import type { TimeAxis } from './time-axis.ts'
import type { ToldPoint } from './told-point.ts'

export type TrendValue = { readonly ms: number; readonly value: number | null }

export interface PanelPlan {
  readonly point: ToldPoint
  readonly values: readonly TrendValue[]
  readonly axis: TimeAxis
  readonly top: number
}

export const PANEL_HEIGHT = 92
const PAD = 12
const LABEL_HEIGHT = 11
/** More than one value for each tenth of a unit of the picture shows nothing more. */
const MOST_PLOTTED = 1600

export function panelSvg({ point, values, axis, top }: PanelPlan): string {
  const inner = { top: top + PAD, bottom: top + PANEL_HEIGHT - PAD }
  const scale = valueScale(point, values)
  const y = (value: number): number =>
    inner.bottom - ((value - scale.low) / (scale.high - scale.low)) * (inner.bottom - inner.top)
  const { left, right } = axis
  const frame = element('rect', {
    ...{ x: left, y: inner.top, width: right - left, height: inner.bottom - inner.top },
    ...{ fill: 'none', stroke: GRID },
  })
  const places = spread(point.limits.map(({ setpoint }) => y(setpoint) - 3))
  const setpoints = point.limits.map(({ level, setpoint, priority }, i) => {
    const colour = priorityColour(priority)
    const label = { x: right - 4, y: places[i], fill: colour, 'font-size': 10, 'text-anchor': 'end', ...HALO }
    return (
      line([left, y(setpoint)], [right, y(setpoint)], { stroke: colour, 'stroke-dasharray': '5 4' }) +
      words(`${level} ${figure(setpoint)}`, label)
    )
  })
  const [first = 0, second] = scale.marks
  // Two that would lie on one another are one.
  const marks = second === undefined || y(second) - y(first) < LABEL_HEIGHT ? [first] : [first, second]
  const ends = marks.map((value) =>
    words(figure(value), { x: left - 6, y: y(value) + 3, fill: FAINT, 'font-size': 10, 'text-anchor': 'end' }),
  )
  const names = nameRows(point).map(({ text, colour }, i) =>
    words(text, { x: 14, y: inner.top + 14 + i * 15, fill: colour, 'font-size': i === 1 ? 12 : 11, ems: 19 }),
  )
  const path = element('path', {
    ...{ d: pathOf(values, { axis, y, isState: point.isState }), fill: 'none', stroke: VALUE, 'stroke-width': 1.6 },
    'stroke-linejoin': 'round',
  })
  return [frame, path, ...setpoints, ...ends, ...names].join('\n')
}

function nameRows({ id, name, unit }: ToldPoint): readonly { text: string; colour: string }[] {
  return [
    { text: id, colour: FAINT },
    { text: unit === '' ? name.zh : `${name.zh} (${unit})`, colour: INK },
    { text: name.en, colour: FAINT },
  ]
}

interface Scale {
  readonly low: number
  readonly high: number
  /** What is written beside it: the least and the greatest there was. */
  readonly marks: readonly number[]
}

/** Setpoints are in sight always: how near a value came to them is what the picture is for. */
function valueScale({ limits, isState }: ToldPoint, values: readonly TrendValue[]): Scale {
  let low = isState ? 0 : Number.POSITIVE_INFINITY
  let high = isState ? 1 : Number.NEGATIVE_INFINITY
  for (const { value } of values) {
    if (value === null) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const marks = low === high ? [low] : [high, low]
  for (const { setpoint } of limits) {
    low = Math.min(low, setpoint)
    high = Math.max(high, setpoint)
  }
  // Numbers that are one and the same to the eye would leave nothing to divide by.
  const isFlat = !(high - low > Math.max(Math.abs(high), Math.abs(low)) * 1e-9 && high - low > 1e-9)
  const margin = isFlat ? Math.max(Math.abs(high) * 0.05, 0.1) : (high - low) * 0.08
  return { low: low - margin, high: high + margin, marks }
}

/** Labels that would lie on one another are moved apart, the lowest stays. */
function spread(places: readonly number[]): readonly number[] {
  const order = places.map((y, i) => ({ y, i })).toSorted((a, b) => b.y - a.y)
  const moved: number[] = [...places]
  let below = Number.POSITIVE_INFINITY
  for (const { y, i } of order) {
    below = Math.min(y, below - LABEL_HEIGHT)
    moved[i] = below
  }
  return moved
}

/** A gap where nothing usable was read. States jump, numbers are joined. */
function pathOf(
  values: readonly TrendValue[],
  { axis, y, isState }: { axis: TimeAxis; y: (value: number) => number; isState: boolean },
): string {
  const parts: string[] = []
  let before: number | null = null
  for (const { ms, value } of thinned(values)) {
    if (value !== null) {
      const x = round(axis.x(ms))
      const to = round(y(value))
      if (before === null) parts.push(`M${x} ${to}`)
      else parts.push(isState ? `H${x}V${to}` : `L${x} ${to}`)
    }
    before = value
  }
  // The last value holds to the end as far as anybody knows.
  if (isState && before !== null) parts.push(`H${round(axis.right)}`)
  return parts.join('')
}

/** The least and the greatest of each stretch stay, so that no spike is lost. */
function thinned(values: readonly TrendValue[]): readonly TrendValue[] {
  if (values.length <= MOST_PLOTTED) return values
  const size = Math.ceil((values.length / MOST_PLOTTED) * 2)
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => {
    const stretch = values.slice(i * size, (i + 1) * size)
    const known = stretch.filter(({ value }) => value !== null).toSorted((a, b) => Number(a.value) - Number(b.value))
    const gap = stretch.find(({ value }) => value === null)
    return [...new Set([known.at(0), known.at(-1), gap])]
      .filter((each) => each !== undefined)
      .sort((a, b) => a.ms - b.ms)
  }).flat()
}

/** Four significant figures. */
function figure(value: number): string {
  return String(Number(value.toPrecision(4)))
}
