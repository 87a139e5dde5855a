/** The modes that are on, and when each ends. Times run on the monotonic clock, as those of shelving do. */
import type { Device } from '../../device-profiles/device.ts'
import {
  LONGEST_MODE_MS,
  type Mode,
  type ModeEventDraft,
  type ModeRefusal,
  type ModeTarget,
  type ModeWish,
  TARGETS_OF,
} from '../mode.ts'
import type { Instant } from '../model.ts'

/** More than a station has reasons for; a program that runs wild must not fill the memory. */
const MOST_MODES = 200

export class ModeBook {
  readonly #modes = new Map<string, Mode>()
  /** By id, monotonic. */
  readonly #endsAt = new Map<string, number>()
  /** By point; most of the time empty, and asked with every reading. */
  readonly #tests = new Map<string, Mode>()

  /** `modes`: those that were on when the gateway ended. What is left of them goes by the wall clock. */
  constructor(modes: Iterable<Mode>, { wall, mono }: Instant) {
    for (const mode of modes) {
      const leftMs = Math.min(Math.max(0, mode.until - wall), mode.until - mode.at)
      this.#set(mode, mono + leftMs)
    }
  }

  get modes(): Iterable<Mode> {
    return this.#modes.values()
  }

  /** The same kind of mode of the same target goes on under its id, until the new time. */
  begin(wish: ModeWish, at: Instant, devices: Iterable<Device>): ModeEventDraft | ModeRefusal {
    const { type, target, durationMs, by, comment, dispatch } = wish
    if (!TARGETS_OF[type].includes(target.type)) return 'wrong-target'
    if (!(durationMs > 0 && durationMs <= LONGEST_MODE_MS[type])) return 'mode-too-long'
    if (!isThere(target, devices)) return 'unknown-target'
    const before = this.#modes.values().find((mode) => mode.type === type && isSame(mode.target, target))
    if (before === undefined && this.#modes.size >= MOST_MODES) return 'too-many-modes'
    const id = before?.id ?? this.#newId(type, at)
    const until = at.wall + durationMs
    const mode: Mode = { id, type, target, by, comment, at: at.wall, until, dispatch: type === 'test' && dispatch }
    this.#set(mode, at.mono + durationMs)
    return { time: at.wall, type: before === undefined ? 'begun' : 'changed', by, comment, mode }
  }

  end(
    id: string,
    { by, comment, time }: { readonly by: string | null; readonly comment: string | null; readonly time: number },
  ): ModeEventDraft | ModeRefusal {
    const mode = this.#modes.get(id)
    if (mode === undefined) return 'unknown-mode'
    this.#modes.delete(id)
    this.#endsAt.delete(id)
    this.#tests.delete(mode.target.id)
    return { time, type: 'ended', by, comment, mode }
  }

  /** Ends those whose time is over. */
  expire({ wall, mono }: Instant): readonly ModeEventDraft[] {
    const over = [...this.#endsAt].filter(([, endsAt]) => mono >= endsAt)
    return over.flatMap(([id]) => {
      const event = this.end(id, { by: null, comment: null, time: wall })
      return typeof event === 'string' ? [] : [event]
    })
  }

  /** The one that lasts longest. Work on a place or a station never hides what the gateway says of itself. */
  maintenanceOf(device: Device): Mode | null {
    const { id, place, placeId, station } = device
    let longest: Mode | null = null
    for (const mode of this.#modes.values()) {
      const { type, target } = mode
      if (type !== 'maintenance' || (target.type !== 'device' && isGateway(device))) continue
      const own = target.type === 'device' ? [id] : target.type === 'place' ? [place, placeId] : [station]
      if (own.includes(target.id) && mode.until > (longest?.until ?? 0)) longest = mode
    }
    return longest
  }

  drillOf(station: string): Mode | null {
    return this.#modes.values().find(({ type, target }) => type === 'drill' && target.id === station) ?? null
  }

  testOf(point: string): Mode | null {
    return this.#tests.size === 0 ? null : (this.#tests.get(point) ?? null)
  }

  #set(mode: Mode, endsAt: number): void {
    this.#modes.set(mode.id, mode)
    this.#endsAt.set(mode.id, endsAt)
    if (mode.type === 'test') this.#tests.set(mode.target.id, mode)
  }

  #newId(type: Mode['type'], { wall }: Instant): string {
    const id = `${type}-${Math.floor(wall).toString(36)}`
    let free = id
    for (let n = 2; this.#modes.has(free); n++) free = `${id}-${n}`
    return free
  }
}

function isSame(a: ModeTarget, b: ModeTarget): boolean {
  return a.type === b.type && a.id === b.id
}

function isThere({ type, id }: ModeTarget, devices: Iterable<Device>): boolean {
  for (const device of devices) {
    if (type === 'device' && device.id === id) return true
    if (type === 'place' && [device.place, device.placeId].includes(id) && !isGateway(device)) return true
    if (type === 'station' && device.station === id) return true
    if (type === 'point' && device.points.some((point) => point.id === id)) return true
  }
  return false
}

/** The gateway, or what it says of its sinks and lines. */
function isGateway({ profile, members }: Device): boolean {
  return profile.protocol === 'self' && members === undefined
}
