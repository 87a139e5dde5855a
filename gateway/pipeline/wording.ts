/** The words and numbers of which reasons are made, in both languages of the product. */
import type { Point } from '../../device-profiles/device.ts'
import type { LocalText, PointValue, QualityReason } from '../model.ts'

const LEVELS: Readonly<Record<string, LocalText>> = {
  blue: { zh: '蓝色', en: 'blue' },
  yellow: { zh: '黄色', en: 'yellow' },
  orange: { zh: '橙色', en: 'orange' },
  red: { zh: '红色', en: 'red' },
  'high-high': { zh: '高高', en: 'high-high' },
  high: { zh: '高', en: 'high' },
  low: { zh: '低', en: 'low' },
  'low-low': { zh: '低低', en: 'low-low' },
}

export const QUALITY: Readonly<Record<QualityReason, LocalText>> = {
  'communication-failure': { zh: '通信中断', en: 'nothing comes from the device' },
  'device-fault': { zh: '设备报告自身故障', en: 'the device reports a fault' },
  sentinel: { zh: '传感器无有效测量值', en: 'the sensor has no measurement' },
  malformed: { zh: '数据无法解析', en: 'the data cannot be understood' },
  'out-of-range': { zh: '数值超出物理量程', en: 'the value is outside its physical range' },
  stale: { zh: '数值已过期', en: 'the last value is too old' },
  unconfirmed: { zh: '数值尚未确认', en: 'the value is not yet confirmed' },
  'decoder-warning': { zh: '厂家解码程序给出警告', en: "the maker's decoder warns of the value" },
  'insufficient-data': { zh: '数据不足以计算', en: 'the data do not support a number' },
}

/** '32 s', '2 min 5 s', '1 h 3 min': two units at most, because nobody needs the seconds of an hour. */
export function duration(ms: number): LocalText {
  if (ms < 10_000) {
    const seconds = String(Math.round(ms / 100) / 10)
    return { zh: `${seconds} 秒`, en: `${seconds} s` }
  }
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return { zh: `${seconds} 秒`, en: `${seconds} s` }
  if (seconds < 3600) return twoUnits(seconds, { size: 60, zh: ['分', '秒'], en: ['min', 's'] })
  return twoUnits(Math.round(seconds / 60), { size: 60, zh: ['小时', '分'], en: ['h', 'min'] })
}

function twoUnits(
  amount: number,
  { size, zh, en }: { size: number; zh: readonly [string, string]; en: readonly [string, string] },
): LocalText {
  const large = Math.floor(amount / size)
  const small = amount % size
  if (small === 0) return { zh: `${large} ${zh[0]}`, en: `${large} ${en[0]}` }
  return { zh: `${large} ${zh[0]} ${small} ${zh[1]}`, en: `${large} ${en[0]} ${small} ${en[1]}` }
}

export function heldText(heldMs: number): LocalText {
  if (heldMs <= 0) return { zh: '', en: '' }
  const held = duration(heldMs)
  return { zh: `，已持续 ${held.zh}`, en: ` for ${held.en}` }
}

export function levelName(level: string): LocalText {
  return LEVELS[level] ?? { zh: level, en: level }
}

/** With the point's decimals, and more where the number would otherwise read the same as `other` without being it. */
export function quantity({ profile }: Point, value: number, other?: number): string {
  const unit = profile.unit === '1' ? '' : ` ${profile.unit}`
  return numberText(value, { decimals: profile.decimals, other }) + unit
}

function numberText(
  value: PointValue,
  { decimals, other }: { decimals: number | undefined; other: number | undefined },
) {
  if (typeof value === 'string') return value
  if (decimals === undefined) return String(Number.isInteger(value) ? value : Number(value.toPrecision(9)))
  let digits = decimals
  while (digits < 9 && other !== undefined && value !== other && value.toFixed(digits) === other.toFixed(digits))
    digits++
  return value.toFixed(digits)
}
