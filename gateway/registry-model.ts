/** Who looks after what: the tree of stations, the people on duty there, and the places of the district. Times as in `model.ts`. */
import type { LocalText } from './model.ts'

/** A station proper, the centre station of its street above it, and the emergency bureau of the district above that. */
export type StationLevel = 'station' | 'centre' | 'bureau'

/** Of a station proper. */
export type StationType = 'community' | 'industrial-park' | 'street'

/** WGS-84, in degrees. Chinese maps show GCJ-02, which is up to 700 m away; a registry never holds it. */
export interface Position {
  readonly latitude: number
  readonly longitude: number
  /** It was given in the other system and converted; good to a metre of what was given. */
  readonly convertedFrom?: 'gcj-02'
}

export type Area =
  | { readonly type: 'circle'; readonly centre: Position; readonly radiusMetres: number }
  /** At least three corners; the last is joined to the first. */
  | { readonly type: 'polygon'; readonly corners: readonly Position[] }

export interface Person {
  readonly id: string
  readonly name: string
  readonly phone: string | null
  /** By the id of a channel, how this person is reached over it: an e-mail address, a user id, a number. */
  readonly addresses: Readonly<Record<string, string>>
}

export interface RegisteredStation {
  readonly id: string
  readonly name: LocalText
  readonly level: StationLevel
  /** Null for a centre or a bureau. */
  readonly type: StationType | null
  /** Null at the top of the tree. */
  readonly parent: string | null
  readonly address: string
  /** Where its clocks are, as Asia/Shanghai. */
  readonly timeZone: string
  readonly area: Area | null
  /** Whom to call about the station itself. */
  readonly contacts: readonly Person[]
}

export type PlaceKind =
  | 'crowded-place'
  | 'fire-safety-key-unit'
  | 'old-estate'
  | 'small-shop'
  | 'dangerous-slope'
  | 'low-ground'
  | 'small-construction-site'
  | 'other'

/** The four colours of graded risk control: red is the gravest. */
export type RiskGrade = 'blue' | 'yellow' | 'orange' | 'red'

export interface Place {
  readonly id: string
  readonly name: LocalText
  readonly kind: PlaceKind
  readonly risk: RiskGrade
  readonly address: string
  readonly position: Position | null
  /** Id of the station that is responsible. */
  readonly station: string
}

/** Answers from the configuration that runs. Pure: the moment is an argument. */
export interface Registry {
  stations(): Iterable<RegisteredStation>
  station(id: string): RegisteredStation | undefined
  places(): Iterable<Place>
  place(id: string): Place | undefined
  /** Where the device hangs; null where its place is only described in words. */
  placeOf(device: string): Place | null
  /** Never nobody: the station of the device's place, else the station of this gateway. */
  responsibleFor(device: string): RegisteredStation
  /** From the station itself to the top of the tree. */
  chainOf(station: string): readonly RegisteredStation[]
  /**
   * Who is on duty there at that moment (ms since 1970), stand-ins in the place of those they stand in for. Nobody where the
   * configuration says that another gateway or system knows it.
   */
  onDuty(station: string, wall: number): readonly Person[]
}
