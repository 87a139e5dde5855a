/** Values, times and ages as people read them. */
import type { PointView } from '../../http/gateway-view.ts'
import type { PointValue } from '../../model.ts'
import { local } from './i18n.ts'
import { language, now } from './store.ts'

/** Without unit; a true minus sign, so that it is not taken for a dash. */
export function formatValue(point: PointView, value: PointValue | null): string {
  if (value === null) return '—'
  if (typeof value === 'string') return value
  const state = point.states?.[String(value)]
  if (state !== undefined) return local(state)
  // A code without a name and a counter are shown with all their digits.
  const short = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
  const text = point.decimals === null ? short : value.toFixed(point.decimals)
  return text.replace('-', '−')
}

export function unitOf(point: PointView): string {
  return point.unit === '1' ? '' : point.unit
}

const UNITS = [
  { seconds: 86_400, zh: '天', en: 'd' },
  { seconds: 3600, zh: '小时', en: 'h' },
  { seconds: 60, zh: '分', en: 'min' },
  { seconds: 1, zh: '秒', en: 's' },
] as const

/** The two greatest units: "2 分 5 秒". */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000))
  const words: string[] = []
  for (const unit of UNITS) {
    const count = Math.floor(rest / unit.seconds)
    rest -= count * unit.seconds
    if (count > 0 || (unit.seconds === 1 && words.length === 0)) words.push(`${count} ${unit[language.value]}`)
    else if (words.length > 0) break
    if (words.length === 2) break
  }
  return words.join(' ')
}

/** Ticks with the clock. */
export function formatAge(time: number): string {
  const age = formatDuration(now.value - time)
  return language.value === 'zh' ? `${age}前` : `${age} ago`
}

/** The time alone today, with the date otherwise. 24 hours in both languages. */
export function formatTime(time: number): string {
  const date = new Date(time)
  const clock = date.toLocaleTimeString('en-GB')
  if (date.toDateString() === new Date(now.value).toDateString()) return clock
  const day = date.toLocaleDateString(language.value === 'zh' ? 'zh-CN' : 'en-GB', { month: 'short', day: 'numeric' })
  return `${day} ${clock}`
}
