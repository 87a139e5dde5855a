/** How a trend is drawn: gaps stay gaps, limits are lines with their names, unusable readings are marked below. */
import uPlot from 'uplot'
import type { Priority } from '../../alarm-model.ts'
import type { HistoryItem, PointLimit, PointView } from '../../http/gateway-view.ts'
import { formatValue, unitOf } from './format.ts'
import { levelName } from './i18n.ts'

export interface TrendState {
  readonly point: PointView
  readonly items: readonly HistoryItem[]
  readonly spanMs: number
  readonly now: number
}

/** Silence longer than so many of the device's intervals is drawn as a gap, beyond what is left out while nothing changes. */
const GAP_INTERVALS = 3
/** The server thins long spans to about this many items. */
const EXPECTED_ITEMS = 400
const BAD_MARK_HEIGHT = 8

/** Seconds, last value, smallest, greatest. A gap is a place without a number between two readings. */
export function plotData({ items, point, spanMs }: TrendState): uPlot.AlignedData {
  const { intervalMs, storeIntervalMs } = point
  const leftOutMs = storeIntervalMs - intervalMs
  const gap = Math.max(GAP_INTERVALS * intervalMs + leftOutMs, (GAP_INTERVALS * spanMs) / EXPECTED_ITEMS)
  const times: number[] = []
  const columns: [(number | null)[], (number | null)[], (number | null)[]] = [[], [], []]
  const put = (time: number, values: readonly (number | null)[]) => {
    times.push(time / 1000)
    for (const [index, column] of columns.entries()) column.push(values[index] ?? null)
  }
  for (const [index, item] of items.entries()) {
    const previous = items[index - 1]
    if (previous !== undefined && item.time - previous.time > gap) put((previous.time + item.time) / 2, [])
    const usable = item.quality !== 'bad' && typeof item.value === 'number'
    put(item.time, usable ? [item.value as number, item.min, item.max] : [])
  }
  return [times, ...columns]
}

export function plotOptions(size: { width: number; height: number }, read: () => TrendState): uPlot.Options {
  const { point } = read()
  const color = colors()
  const stepped = point.type !== 'number'
  const paths = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined
  const axis = { stroke: color('--text-soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } }
  const font = '12px system-ui, sans-serif'
  const edge = { stroke: 'transparent', points: { show: false } }
  return {
    ...size,
    padding: [12, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { range: () => [(read().now - read().spanMs) / 1000, read().now / 1000] },
      y: { range: (_plot, min, max) => rangeOf(point, [min, max]) },
    },
    axes: [
      { ...axis, font, size: 30, values: (_plot, splits) => splits.map(clockText), space: 70 },
      { ...axis, font, size: 56, values: (_plot, splits) => splits.map((value) => axisText(point, value)) },
    ],
    bands: [{ series: [3, 2], fill: color('--trend-band') }],
    series: [
      {},
      { stroke: color('--trend'), width: 2, spanGaps: false, points: { size: 4 }, ...(paths ? { paths } : {}) },
      edge,
      edge,
    ],
    hooks: {
      drawClear: [(plot) => drawBad(plot, read().items, color('--bad'))],
      draw: [(plot) => drawLimits(plot, point.limits, color)],
      setCursor: [(plot) => showCursor(plot, read())],
    },
  }
}

/** The canvas knows no custom properties. */
function colors(): (name: string) => string {
  const style = getComputedStyle(document.documentElement)
  return (name) => style.getPropertyValue(name).trim()
}

/** All numbers, and the next limit on either side, so that one sees how far away it is. */
export function rangeOf(point: PointView, [min, max]: readonly [number | null, number | null]): [number, number] {
  if (point.type === 'boolean') return [-0.1, 1.1]
  const setpoints = point.limits.map(({ setpoint }) => setpoint)
  const low = min ?? Math.min(0, ...setpoints)
  const high = max ?? Math.max(1, ...setpoints)
  const below = setpoints.filter((setpoint) => setpoint < low)
  const above = setpoints.filter((setpoint) => setpoint > high)
  const from = below.length === 0 ? low : Math.max(...below)
  const to = above.length === 0 ? high : Math.min(...above)
  const margin = (to - from || Math.abs(to) || 1) * 0.08
  return [from - margin, to + margin]
}

function axisText(point: PointView, value: number): string {
  // Of a number, states name single values of its axis.
  if (point.states !== null && point.type !== 'number')
    return point.states[String(value)] === undefined ? '' : formatValue(point, value)
  return String(Number(value.toPrecision(4))).replace('-', '−')
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}

const PRIORITY_COLOR: Readonly<Record<Priority, string>> = {
  urgent: '--urgent',
  high: '--high',
  medium: '--medium',
  low: '--low',
}

function drawLimits(plot: uPlot, limits: readonly PointLimit[], color: (name: string) => string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
  ctx.lineWidth = devicePixelRatio
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit.setpoint, 'y', true))
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.strokeStyle = color(PRIORITY_COLOR[limit.priority])
    ctx.fillStyle = color('--text-soft')
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    const sign = limit.side === 'above' ? '▲' : '▼'
    ctx.fillText(
      `${sign} ${levelName(limit.level)} ${limit.setpoint}`,
      bbox.left + 6 * devicePixelRatio,
      y - 2 * devicePixelRatio,
    )
  }
  ctx.restore()
}

function drawBad(plot: uPlot, items: readonly HistoryItem[], color: string): void {
  const { ctx, bbox } = plot
  const height = BAD_MARK_HEIGHT * devicePixelRatio
  ctx.save()
  ctx.fillStyle = color
  for (const { quality, time } of items) {
    if (quality !== 'bad') continue
    const x = plot.valToPos(time / 1000, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.fillRect(Math.round(x) - devicePixelRatio, bbox.top + bbox.height - height, 2 * devicePixelRatio, height)
  }
  ctx.restore()
}

/** The value under the pointer, written into the plot's own title. */
function showCursor(plot: uPlot, { point }: TrendState): void {
  const { idx } = plot.cursor
  const time = idx == null ? undefined : plot.data[0][idx]
  const value = idx == null ? undefined : plot.data[1]?.[idx]
  const text =
    time === undefined || value == null
      ? ''
      : `${new Date(time * 1000).toLocaleTimeString('en-GB')}  ${formatValue(point, value)} ${unitOf(point)}`
  plot.over.setAttribute('data-readout', text)
}
