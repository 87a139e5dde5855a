/** Times as CAP wants them (3.3.2): whole seconds with a numeric offset, never `Z`; UTC is `-00:00`. Pure. */
import { zonedTime } from '../zoned-time.ts'

/** `wall` in ms since 1970, at the clocks of the time zone. The same moment gives the same text, as references need it. */
export function capTime(wall: number, timeZone: string): string {
  const { local, offset } = zonedTime(wall, timeZone)
  return `${local}${offset === '+00:00' ? '-00:00' : offset}`
}
