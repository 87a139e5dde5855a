/** Where it is, for CAP: WGS-84 as in the registry. Pure. */
import type { Notification } from '../../dispatch-model.ts'
import type { Area, Position } from '../../registry-model.ts'
import { leadOf } from '../notification-facts.ts'
import { type Language, placeOf } from '../notification-wording.ts'
import type { CapArea } from './cap-model.ts'

export interface AreaOptions {
  /** Six digits of GB/T 2260; null: none is told. */
  readonly division: string | null
  /** Radius around a place whose position is known. */
  readonly placeRadiusMetres: number
}

/** Around the place; where its position is not known, the area of the station that answers for it. */
export function areaOf(notification: Notification, language: Language, options: AreaOptions): CapArea {
  const { place, station } = notification
  const around: Area | null =
    place?.position == null
      ? station.area
      : { type: 'circle', centre: place.position, radiusMetres: options.placeRadiusMetres }
  const { division } = options
  return {
    areaDesc: descriptionOf(notification, language),
    polygon: around?.type === 'polygon' ? polygonOf(around.corners) : null,
    circle: around?.type === 'circle' ? `${pair(around.centre)} ${decimal(around.radiusMetres / 1000, 3)}` : null,
    geocodes: division === null ? [] : [{ valueName: 'GB/T 2260', value: division }],
  }
}

function descriptionOf(notification: Notification, language: Language): string {
  const { place, station } = notification
  const words = [station.name[language], placeOf(notification, language), place?.address ?? '']
  const described = [...new Set(words.filter((word) => word.trim() !== ''))].join(language === 'zh' ? '，' : ', ')
  return described === '' ? leadOf(notification).alarm.device : described
}

/** Closed, and at least four points (CAP 1.2, 3.2.4); null where the corners enclose nothing. */
function polygonOf(corners: readonly Position[]): string | null {
  const points = corners.map(pair)
  const open = points.filter((point, index) => point !== points[index - 1])
  if (open.length > 1 && open.at(-1) === open[0]) open.pop()
  return new Set(open).size < 3 ? null : [...open, open[0]].join(' ')
}

function pair({ latitude, longitude }: Position): string {
  return `${decimal(latitude, 6)},${decimal(longitude, 6)}`
}

/** Never in powers of ten, and without a negative nothing. */
function decimal(number: number, digits: number): string {
  const text = number.toFixed(digits).replace(/\.?0+$/, '')
  return text === '-0' || text === '' ? '0' : text
}
