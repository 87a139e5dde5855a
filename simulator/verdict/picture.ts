/** A test as a picture: the values and their setpoints, what was expected, the alarms that came, and the words of the story. */
import { momentText, type Occurrence, occurrencesOf } from './occurrence.ts'
import { PANEL_HEIGHT, panelSvg, type TrendValue } from './picture-panel.ts'
import { alarmRow, expectationHeight, expectationRow, headingRow, ROW_HEIGHT } from './picture-rows.ts'
import { BAD, FAINT, FONT, GOOD, GRID, INK, LEFT, RIGHT, WIDTH } from './picture-style.ts'
import { element, line, words } from './svg.ts'
import type { TestResult } from './test-run.ts'
import { type TimeAxis, timeAxis } from './time-axis.ts'
import { escapeXml } from './xml.ts'

/** A scenario of hundreds of devices shall still give a picture that can be opened. */
const MOST_PANELS = 24
const MOST_ROWS = 60
const MOST_WORDS = 30
const HEAD = 64

/** One piece of the picture, as high as it says, drawn once its place is known. */
interface Block {
  readonly height: number
  readonly draw: (top: number) => string
}

/** A whole SVG file. */
export function pictureSvg(result: TestResult): string {
  const { course, scenario, verdict } = result
  const axis = timeAxis({ left: LEFT, right: RIGHT, totalMs: course.nowMs, speed: course.speed })
  const timed = [...panelBlocks(result, axis), ...expectationBlocks(result, axis), ...alarmBlocks(result, axis)]
  const placed = stack(timed, HEAD)
  const told = stack(storyBlocks(result), placed.bottom + 30)
  const height = told.bottom + 14
  const { zh, en } = scenario.name
  const met = verdict.findings.filter(({ status }) => status === 'met').length
  const sum = `${met} of ${verdict.findings.length} expectations met, seed ${scenario.seed}, speed ${course.speed}`
  const content = [
    element('title', {}, escapeXml(`${zh} / ${en}: ${sum}`)),
    element('rect', { width: WIDTH, height, fill: '#ffffff' }),
    words(`${zh} / ${en}`, { x: 14, y: 26, 'font-size': 18, fill: INK, ems: 60 }),
    words(sum, { x: 14, y: 46, 'font-size': 12, fill: verdict.isMet ? GOOD : BAD }),
    gridSvg(axis, { top: HEAD, bottom: placed.bottom }),
    storyMarks(result, { axis, top: HEAD, bottom: placed.bottom }),
    ...placed.drawn,
    ...told.drawn,
  ]
  const size = { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}` }
  const root = { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'img', 'font-family': FONT }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('svg', root, `\n${content.join('\n')}\n`)}\n`
}

function stack(blocks: readonly Block[], top: number): { readonly drawn: readonly string[]; readonly bottom: number } {
  let bottom = top
  const drawn = blocks.map(({ height, draw }) => {
    const at = bottom
    bottom += height
    return draw(at)
  })
  return { drawn, bottom }
}

function panelBlocks({ points, trends, course }: TestResult, axis: TimeAxis): readonly Block[] {
  const alarmed = new Set(course.events.map(({ alarm }) => alarm.device))
  const known = points.flatMap((point) => {
    const values = untilEnd(trends.get(point.id) ?? [], course.nowMs)
    return values.some(({ value }) => value !== null) ? [{ point, values }] : []
  })
  type Known = (typeof known)[number]
  const moved = known.filter(({ point, values }) => point.limits.length > 0 || hasMoved(values))
  const weight = ({ point }: Known): number => (alarmed.has(point.device) ? 2 : 0) + (point.limits.length > 0 ? 1 : 0)
  // When there are too many, those that belong to alarms; in the order of the gateway always.
  const chosen = new Set(moved.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST_PANELS))
  const panels = moved
    .filter((each) => chosen.has(each))
    .map((each): Block => ({ height: PANEL_HEIGHT, draw: (top) => panelSvg({ ...each, axis, top }) }))
  const left = moved.length - chosen.size
  const still = known.filter((each) => !moved.includes(each)).map(({ point }) => point.id)
  return [
    ...panels,
    ...moreBlock(left, `${left} more points are not drawn`),
    ...moreBlock(still.length, `不变 / unchanged: ${still.join(', ')}`),
  ]
}

function hasMoved(values: readonly TrendValue[]): boolean {
  return values.some(({ value }) => value !== values[0]?.value)
}

/** What was told before the story, or after its end, is no part of it. */
function untilEnd(values: readonly TrendValue[], nowMs: number): readonly TrendValue[] {
  const first = values.findLastIndex(({ ms }) => ms <= 0)
  return values.filter(({ ms }, i) => i >= first && ms <= nowMs)
}

function expectationBlocks({ verdict, expectations, course }: TestResult, axis: TimeAxis): readonly Block[] {
  const rows = verdict.findings.map((finding, i) => ({ finding, expectation: expectations.alarms[i] }))
  const left = rows.length - MOST_ROWS
  return [
    heading('预期 / Expected'),
    ...rows.slice(0, MOST_ROWS).map((row) => ({
      height: expectationHeight(row.finding),
      draw: (top: number) => expectationRow(row, { axis, top, course }),
    })),
    ...moreBlock(left, `${left} more expectations are not drawn`),
  ]
}

function alarmBlocks({ course }: TestResult, axis: TimeAxis): readonly Block[] {
  const byId = Map.groupBy(occurrencesOf(course), ({ alarm }) => alarm.id)
  const rows: readonly (readonly Occurrence[])[] = [...byId.values()]
  const left = rows.length - MOST_ROWS
  const draw = (row: readonly Occurrence[]) => (top: number) => alarmRow(row, { axis, top, course })
  return [
    heading(rows.length === 0 ? '报警:无 / Alarms: none' : '报警 / Alarms'),
    ...rows.slice(0, MOST_ROWS).map((row) => ({ height: ROW_HEIGHT, draw: draw(row) })),
    ...moreBlock(left, `${left} more alarms are not drawn`),
  ]
}

function storyBlocks({ story }: TestResult): readonly Block[] {
  const told = story.slice(0, MOST_WORDS).map(({ atSeconds, say }, i): Block => {
    const text = `${i + 1}  ${momentText(atSeconds * 1000, { speed: 1 })}  ${say.zh} / ${say.en}`
    return { height: 18, draw: (top) => words(text, { x: 14, y: top + 14, 'font-size': 12, fill: INK, ems: 90 }) }
  })
  return [...told, ...moreBlock(story.length - MOST_WORDS, `${story.length - MOST_WORDS} more lines of the story`)]
}

function storyMarks(
  { story, course }: TestResult,
  { axis, top, bottom }: { readonly axis: TimeAxis; readonly top: number; readonly bottom: number },
): string {
  return story
    .slice(0, MOST_WORDS)
    .map(({ atSeconds }, i) => {
      const x = axis.x((atSeconds / course.speed) * 1000)
      const mark = words(String(i + 1), { x, y: top + 6, 'font-size': 10, fill: FAINT, 'text-anchor': 'middle' })
      return line([x, top + 9], [x, bottom], { stroke: FAINT, 'stroke-dasharray': '1 4' }) + mark
    })
    .join('')
}

function gridSvg(axis: TimeAxis, { top, bottom }: { readonly top: number; readonly bottom: number }): string {
  return axis.ticks
    .map(({ x, text }) => {
      const label = { x, y: bottom + 14, 'font-size': 10, fill: FAINT, 'text-anchor': 'middle' }
      return line([x, top + 12], [x, bottom], { stroke: GRID }) + words(text, label)
    })
    .join('\n')
}

function heading(text: string): Block {
  return { height: 28, draw: (top) => headingRow(text, top) }
}

function moreBlock(count: number, text: string): readonly Block[] {
  if (count <= 0) return []
  return [{ height: 18, draw: (top) => words(text, { x: 14, y: top + 13, 'font-size': 11, fill: FAINT, ems: 100 }) }]
}
