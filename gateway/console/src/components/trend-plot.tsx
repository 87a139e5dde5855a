import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { HistoryItem, PointView } from '../../../http/gateway-view.ts'
import { unitOf } from '../format.ts'
import { local, t } from '../i18n.ts'
import { now } from '../store.ts'
import { plotData, plotOptions } from '../trend-drawing.ts'

interface Props {
  readonly point: PointView
  readonly items: readonly HistoryItem[]
  readonly spanMs: number
}

const darkScheme = matchMedia('(prefers-color-scheme: dark)')

export function TrendPlot({ point, items, spanMs }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef<Props>({ point, items, spanMs })
  latest.current = { point, items, spanMs }

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const build = () => {
      plot.current?.destroy()
      const size = { width: element.clientWidth, height: element.clientHeight }
      const read = () => ({ ...latest.current, now: now.peek() })
      plot.current = new uPlot(plotOptions(size, read), plotData(read()), element)
    }
    build()
    const resize = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight })
    })
    resize.observe(element)
    darkScheme.addEventListener('change', build)
    return () => {
      resize.disconnect()
      darkScheme.removeEventListener('change', build)
      plot.current?.destroy()
      plot.current = null
    }
  }, [point.id, spanMs])

  // The window moves with the clock, also while nothing comes: silence must be seen as a gap at the right.
  const second = Math.floor(now.value / 1000)
  useEffect(() => {
    plot.current?.setData(plotData({ ...latest.current, now: now.peek() }))
  }, [items, second])

  return (
    <>
      <div class="plot" ref={box} role="img" aria-label={`${t('trend')}: ${local(point.name)} ${unitOf(point)}`} />
      <Key items={items} point={point} />
    </>
  )
}

function Key({ items, point }: Pick<Props, 'items' | 'point'>) {
  return (
    <ul class="key">
      {point.limits.length > 0 && (
        <li>
          <span class="swatch limit" /> {t('limit')}
        </li>
      )}
      {items.some(({ quality }) => quality === 'bad') && (
        <li>
          <span class="swatch bad" /> {t('badReading')}
        </li>
      )}
    </ul>
  )
}
