/** How grave an alarm is in the four colours of the Emergency Response Law. Pure. */
import type { Alarm, Priority } from '../alarm-model.ts'

export type Colour = 'red' | 'orange' | 'yellow' | 'blue'

/** Where a rule has other levels than the colours, or none. */
const COLOURS: Readonly<Record<Priority, Colour>> = { urgent: 'red', high: 'orange', medium: 'yellow', low: 'blue' }

export function colourOf({ level, priority }: Pick<Alarm, 'level' | 'priority'>): Colour {
  return level === 'red' || level === 'orange' || level === 'yellow' || level === 'blue' ? level : COLOURS[priority]
}
