/** How a picture looks: on white, so that it can be printed and put into a report. */
import type { Priority } from '../../device-profiles/device.ts'

export const WIDTH = 1180
export const LEFT = 320
export const RIGHT = 1160
export const FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"

export const INK = '#1f2933'
export const FAINT = '#616e7c'
export const GRID = '#e4e7eb'
export const VALUE = '#0b69a3'
export const GOOD = '#1b7f3b'
export const BAD = '#c81e1e'

/** Words stand beside them always: not everybody sees colours. */
export function priorityColour(priority: string): string {
  const colours: Readonly<Record<Priority, string>> = {
    urgent: '#a4133c',
    high: '#d9480f',
    medium: '#b7791f',
    low: '#2c7a7b',
  }
  return Object.entries(colours).find(([name]) => name === priority)?.[1] ?? FAINT
}

/** Of words that stand on lines. */
export const HALO = {
  stroke: '#ffffff',
  'stroke-width': 3,
  'paint-order': 'stroke',
  'stroke-linejoin': 'round',
} as const
