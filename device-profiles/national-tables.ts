/** The numbers of two national protocols that are known here, with the units that each of them prescribes. */

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
export const COMPONENT_TYPES: Readonly<Record<number, string>> = {
  0: 'general',
  1: 'fire alarm controller',
  10: 'combustible-gas detector',
  11: 'point-type combustible-gas detector',
  12: 'stand-alone combustible-gas detector',
  13: 'line-type combustible-gas detector',
  16: 'electrical fire monitor',
  17: 'residual-current electrical fire detector',
  18: 'temperature electrical fire detector',
  21: 'loop',
  23: 'manual call point',
  24: 'hydrant button',
  25: 'fire detector',
  30: 'heat detector',
  40: 'smoke detector',
  41: 'ionisation smoke detector',
  42: 'photoelectric smoke detector',
  43: 'beam smoke detector',
  44: 'aspirating smoke detector',
  50: 'multi-sensor detector',
  51: 'smoke and heat detector',
  61: 'ultraviolet flame detector',
  62: 'infrared flame detector',
  69: 'flame detector',
  74: 'gas detector',
  78: 'image fire detector',
  85: 'input module',
  86: 'output module',
  91: 'fire pump',
  92: 'fire water tank',
  96: 'water-flow indicator',
  99: 'pressure switch',
  121: 'alarm device',
}

/** What GB/T 26875.3-2011 (table 6) measures, from `low` to `high` in counts of `step`; a count is an int16. */
export interface AnalogueType {
  readonly name: string
  readonly unit: string
  readonly low: number
  readonly high: number
  readonly step: number
}

/** 128 to 255 are the user's own. */
export const ANALOGUE_TYPES: Readonly<Record<number, AnalogueType>> = {
  1: { name: 'event count', unit: '1', low: 0, high: 32_000, step: 1 },
  2: { name: 'height', unit: 'm', low: 0, high: 320, step: 0.01 },
  3: { name: 'temperature', unit: '°C', low: -273, high: 3200, step: 0.1 },
  4: { name: 'pressure', unit: 'MPa', low: 0, high: 3200, step: 0.1 },
  5: { name: 'pressure', unit: 'kPa', low: 0, high: 3200, step: 0.1 },
  6: { name: 'gas concentration', unit: '%LEL', low: 0, high: 100, step: 0.1 },
  7: { name: 'time', unit: 's', low: 0, high: 32_000, step: 1 },
  8: { name: 'voltage', unit: 'V', low: 0, high: 3200, step: 0.1 },
  9: { name: 'current', unit: 'A', low: 0, high: 3200, step: 0.1 },
  10: { name: 'flow', unit: 'L/s', low: 0, high: 3200, step: 0.1 },
  11: { name: 'air volume', unit: 'm³/min', low: 0, high: 3200, step: 0.1 },
  12: { name: 'wind speed', unit: 'm/s', low: 0, high: 20, step: 1 },
}
