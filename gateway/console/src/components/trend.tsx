import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { HistoryItem, PointView } from '../../../http/gateway-view.ts'
import { fetchHistory } from '../api.ts'
import { formatValue, unitOf } from '../format.ts'
import { local, t } from '../i18n.ts'
import { connection, now, points, selectedPoint } from '../store.ts'
import { TrendPlot } from './trend-plot.tsx'

const SPANS = [
  { minutes: 15, name: 'span15' },
  { minutes: 60, name: 'span60' },
  { minutes: 1440, name: 'span1440' },
] as const
const MAX_ITEMS = 800
/** The newest readings come with the events; the rest is asked again so often. */
const REFRESH_MS = 60_000

const minutes = signal<number>(15)

/** Chooses a point and brings its trend into view where the window is too small to show it already. */
export function showTrend(point: string): void {
  selectedPoint.value = point
  const smooth = !matchMedia('(prefers-reduced-motion: reduce)').matches
  document.querySelector('.trend')?.scrollIntoView({ block: 'nearest', behavior: smooth ? 'smooth' : 'auto' })
}

export function Trend() {
  const point = points.value.get(selectedPoint.value ?? '')
  return (
    <section class="trend panel" aria-labelledby="trend-title">
      <div class="section-title">
        <h2 id="trend-title">{t('trend')}</h2>
        {point !== undefined && (
          <p class="subject">
            <strong>{local(point.name)}</strong> {point.deviceName} · {point.place}
          </p>
        )}
        <fieldset class="spans" aria-label={t('span')}>
          {SPANS.map((span) => (
            <button
              key={span.name}
              type="button"
              aria-pressed={minutes.value === span.minutes}
              onClick={() => (minutes.value = span.minutes)}
            >
              {t(span.name)}
            </button>
          ))}
        </fieldset>
      </div>
      {point === undefined ? <p class="hint">{t('trendHint')}</p> : <TrendOf point={point} />}
    </section>
  )
}

interface Loaded {
  /** Point and span that the items belong to. */
  readonly key: string
  readonly items: readonly HistoryItem[]
}

function TrendOf({ point }: { readonly point: PointView }) {
  const spanMs = minutes.value * 60_000
  const key = `${point.id} ${spanMs}`
  const loaded = useSignal<Loaded>({ key: '', items: [] })
  const failed = useSignal(false)
  const live = connection.value === 'live'
  useEffect(() => {
    let wanted = true
    const load = async () => {
      const to = now.peek()
      try {
        const items = await fetchHistory({ point: point.id, from: to - spanMs, to, maxPoints: MAX_ITEMS })
        if (!wanted) return
        loaded.value = { key, items }
        failed.value = false
      } catch {
        if (wanted) failed.value = true
      }
    }
    // What was missed during a break is asked for when the gateway is back.
    if (live) void load()
    const timer = setInterval(() => live && void load(), REFRESH_MS)
    return () => {
      wanted = false
      clearInterval(timer)
    }
  }, [key, live])
  useEffect(() => {
    if (point.reading !== null) loaded.value = withReading(loaded.peek(), { point, spanMs })
  }, [point.reading])
  const items = loaded.value.key === key ? loaded.value.items : []
  if (point.type === 'text') return <p class="hint">{t('trendText')}</p>
  return (
    <>
      <p class="latest">
        <span class="latest-value">{formatValue(point, point.reading?.value ?? null)}</span> {unitOf(point)}
      </p>
      <TrendPlot point={point} items={items} spanMs={spanMs} />
      {failed.value && <p class="hint problem">{t('trendFailed')}</p>}
      {!failed.value && loaded.value.key === key && items.length === 0 && <p class="hint">{t('trendNone')}</p>}
    </>
  )
}

/** The newest reading at the end, and what has left the span at the beginning away. */
function withReading(loaded: Loaded, { point, spanMs }: { point: PointView; spanMs: number }): Loaded {
  const { reading } = point
  const last = loaded.items.at(-1)
  if (reading === null || loaded.key !== `${point.id} ${spanMs}` || reading.time <= (last?.time ?? 0)) return loaded
  const number = reading.quality !== 'bad' && typeof reading.value === 'number' ? reading.value : null
  const item = { ...reading, min: number, max: number }
  return { key: loaded.key, items: [...loaded.items.filter(({ time }) => time >= reading.time - spanMs), item] }
}
