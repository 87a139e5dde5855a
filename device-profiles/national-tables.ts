/** The numbers of two national protocols that are known here, with the units that each of them prescribes. */
import type { LocalText } from './base-schema.ts'

/** What SL 651-2014 (table C.1) calls an element: N(digits, decimals) in `unit`. */
export interface Element {
  readonly zh: string
  readonly en: string
  readonly unit: string
  readonly digits: number
  readonly decimals: number
}

const rain = (zh: string, en: string): Element => ({ zh, en, unit: 'mm', digits: 5, decimals: 1 })

export const ELEMENTS: Readonly<Record<string, Element>> = {
  '02': { zh: '瞬时气温', en: 'Air temperature', unit: '°C', digits: 3, decimals: 1 },
  '03': { zh: '瞬时水温', en: 'Water temperature', unit: '°C', digits: 3, decimals: 1 },
  '08': { zh: '气压', en: 'Air pressure', unit: 'hPa', digits: 5, decimals: 0 },
  '0E': { zh: '地下水瞬时埋深', en: 'Depth of the ground water', unit: 'm', digits: 6, decimals: 2 },
  '1A': rain('1小时时段降水量', 'Rain of 1 hour'),
  '1B': rain('2小时时段降水量', 'Rain of 2 hours'),
  '1C': rain('3小时时段降水量', 'Rain of 3 hours'),
  '1D': rain('6小时时段降水量', 'Rain of 6 hours'),
  '1E': rain('12小时时段降水量', 'Rain of 12 hours'),
  '1F': rain('日降水量', 'Rain of the day'),
  '20': rain('当前降水量', 'Rain now'),
  '21': rain('1分钟时段降水量', 'Rain of 1 minute'),
  '22': rain('5分钟时段降水量', 'Rain of 5 minutes'),
  '23': rain('10分钟时段降水量', 'Rain of 10 minutes'),
  '24': rain('30分钟时段降水量', 'Rain of 30 minutes'),
  '26': { zh: '降水量累计值', en: 'Rain since the beginning', unit: 'mm', digits: 6, decimals: 1 },
  '38': { zh: '电源电压', en: 'Supply voltage', unit: 'V', digits: 4, decimals: 2 },
  '39': { zh: '瞬时河道水位、潮位', en: 'Water level', unit: 'm', digits: 7, decimals: 3 },
}

/** Component types of GB/T 26875.3-2011 (table 5); 128 to 255 are the user's own. */
export const COMPONENT_TYPES: Readonly<Record<number, LocalText>> = {
  0: { zh: '通用', en: 'general' },
  1: { zh: '火灾报警控制器', en: 'fire alarm controller' },
  10: { zh: '可燃气体探测器', en: 'combustible-gas detector' },
  11: { zh: '点型可燃气体探测器', en: 'point-type combustible-gas detector' },
  12: { zh: '独立式可燃气体探测器', en: 'stand-alone combustible-gas detector' },
  13: { zh: '线型可燃气体探测器', en: 'line-type combustible-gas detector' },
  16: { zh: '电气火灾监控报警器', en: 'electrical fire monitor' },
  17: { zh: '剩余电流式电气火灾监控探测器', en: 'residual-current electrical fire detector' },
  18: { zh: '测温式电气火灾监控探测器', en: 'temperature electrical fire detector' },
  21: { zh: '探测回路', en: 'loop' },
  23: { zh: '手动火灾报警按钮', en: 'manual call point' },
  24: { zh: '消火栓按钮', en: 'hydrant button' },
  25: { zh: '火灾探测器', en: 'fire detector' },
  30: { zh: '感温火灾探测器', en: 'heat detector' },
  40: { zh: '感烟火灾探测器', en: 'smoke detector' },
  41: { zh: '点型离子感烟火灾探测器', en: 'ionisation smoke detector' },
  42: { zh: '点型光电感烟火灾探测器', en: 'photoelectric smoke detector' },
  43: { zh: '线型光束感烟火灾探测器', en: 'beam smoke detector' },
  44: { zh: '吸气式感烟火灾探测器', en: 'aspirating smoke detector' },
  50: { zh: '复合式火灾探测器', en: 'multi-sensor detector' },
  51: { zh: '复合式感烟感温火灾探测器', en: 'smoke and heat detector' },
  61: { zh: '紫外火焰探测器', en: 'ultraviolet flame detector' },
  62: { zh: '红外火焰探测器', en: 'infrared flame detector' },
  69: { zh: '感光火灾探测器', en: 'flame detector' },
  74: { zh: '气体探测器', en: 'gas detector' },
  78: { zh: '图像摄像方式火灾探测器', en: 'image fire detector' },
  85: { zh: '输入模块', en: 'input module' },
  86: { zh: '输出模块', en: 'output module' },
  91: { zh: '消防水泵', en: 'fire pump' },
  92: { zh: '消防水箱', en: 'fire water tank' },
  96: { zh: '水流指示器', en: 'water-flow indicator' },
  99: { zh: '压力开关', en: 'pressure switch' },
  121: { zh: '火灾警报装置', en: 'alarm device' },
}

/** What GB/T 26875.3-2011 (table 6) measures, from `low` to `high` in counts of `step`; a count is an int16. */
export interface AnalogueType {
  readonly name: LocalText
  readonly unit: string
  readonly low: number
  readonly high: number
  readonly step: number
}

/** 128 to 255 are the user's own. */
export const ANALOGUE_TYPES: Readonly<Record<number, AnalogueType>> = {
  1: { name: { zh: '事件计数', en: 'event count' }, unit: '1', low: 0, high: 32_000, step: 1 },
  2: { name: { zh: '高度', en: 'height' }, unit: 'm', low: 0, high: 320, step: 0.01 },
  3: { name: { zh: '温度', en: 'temperature' }, unit: '°C', low: -273, high: 3200, step: 0.1 },
  4: { name: { zh: '压力', en: 'pressure' }, unit: 'MPa', low: 0, high: 3200, step: 0.1 },
  5: { name: { zh: '压力', en: 'pressure' }, unit: 'kPa', low: 0, high: 3200, step: 0.1 },
  6: { name: { zh: '可燃气体浓度', en: 'gas concentration' }, unit: '%LEL', low: 0, high: 100, step: 0.1 },
  7: { name: { zh: '时间', en: 'time' }, unit: 's', low: 0, high: 32_000, step: 1 },
  8: { name: { zh: '电压', en: 'voltage' }, unit: 'V', low: 0, high: 3200, step: 0.1 },
  9: { name: { zh: '电流', en: 'current' }, unit: 'A', low: 0, high: 3200, step: 0.1 },
  10: { name: { zh: '流量', en: 'flow' }, unit: 'L/s', low: 0, high: 3200, step: 0.1 },
  11: { name: { zh: '风量', en: 'air volume' }, unit: 'm³/min', low: 0, high: 3200, step: 0.1 },
  12: { name: { zh: '风速', en: 'wind speed' }, unit: 'm/s', low: 0, high: 20, step: 1 },
}
