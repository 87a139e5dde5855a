/** What codes in ledgers are called. */
import type { LocalText } from '../model.ts'

type Names = Readonly<Record<string, LocalText>>

export const PRIORITY_NAMES: Names = {
  urgent: { zh: '紧急', en: 'urgent' },
  high: { zh: '高', en: 'high' },
  medium: { zh: '中', en: 'medium' },
  low: { zh: '低', en: 'low' },
}

export const CLASS_NAMES: Names = { alarm: { zh: '报警', en: 'alarm' }, fault: { zh: '故障', en: 'fault' } }

export const OCCASION_NAMES: Names = {
  real: { zh: '真实', en: 'real' },
  exercise: { zh: '演练', en: 'exercise' },
  test: { zh: '测试', en: 'test' },
}

export const VERDICT_NAMES: Names = {
  real: { zh: '属实', en: 'real' },
  false: { zh: '误报', en: 'false' },
  test: { zh: '测试', en: 'test' },
  unknown: { zh: '不明', en: 'unknown' },
}

/** Those of the kinds that come with Outpost; a site's own are called by their id. */
export const KIND_NAMES: Names = {
  door: { zh: '门', en: 'door' },
  extinguisher: { zh: '灭火器', en: 'extinguisher' },
  gas: { zh: '可燃气体', en: 'gas' },
  gateway: { zh: '网关自身', en: 'gateway' },
  power: { zh: '供电', en: 'power' },
  rain: { zh: '雨量', en: 'rain' },
  siren: { zh: '警笛', en: 'siren' },
  slope: { zh: '边坡', en: 'slope' },
  smoke: { zh: '烟感', en: 'smoke' },
  'water-level': { zh: '水位', en: 'water level' },
  group: { zh: '表决组', en: 'group' },
  incident: { zh: '人工上报', en: 'report by a person' },
}

export const PLACE_KIND_NAMES: Names = {
  'crowded-place': { zh: '人员密集场所', en: 'crowded place' },
  'fire-safety-key-unit': { zh: '消防安全重点单位', en: 'fire-safety key unit' },
  'old-estate': { zh: '老旧小区', en: 'old estate' },
  'small-shop': { zh: '小档口、小作坊', en: 'small shop' },
  'dangerous-slope': { zh: '危险边坡', en: 'dangerous slope' },
  'low-ground': { zh: '低洼易涝点', en: 'low ground' },
  'small-construction-site': { zh: '小散工程', en: 'small construction site' },
  other: { zh: '其他', en: 'other' },
}

export const RISK_NAMES: Names = {
  red: { zh: '红', en: 'red' },
  orange: { zh: '橙', en: 'orange' },
  yellow: { zh: '黄', en: 'yellow' },
  blue: { zh: '蓝', en: 'blue' },
}

export const INSPECTION_NAMES: Names = {
  look: { zh: '巡查', en: 'look' },
  check: { zh: '年度检查', en: 'yearly check' },
  service: { zh: '维修', en: 'service' },
  scrapped: { zh: '报废', en: 'scrapped' },
}
