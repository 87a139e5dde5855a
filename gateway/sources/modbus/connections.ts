/**
 * The connections to one endpoint. Units are shared out over them, and one unit is always asked on the same one, so that
 * its requests and replies stay in order. Never more than allowed: a device counts those that are just being closed too.
 */
import { Line, type LineCounters, type LineOptions, type LineSurroundings } from './line.ts'

export interface ConnectionsOptions extends LineOptions {
  /** 1 if absent. */
  readonly maxConnections?: number | undefined
}

export interface ConnectionsStatus extends Readonly<LineCounters> {
  /** How many are in use. */
  readonly connections: number
  /** All that are in use are. */
  readonly connected: boolean
  /** Wall time at which one of them last changed. */
  readonly since: number
  readonly error: string | null
}

export class Connections {
  /** All that are allowed; one that no unit needs is never opened. */
  readonly #lines: readonly [Line, ...Line[]]
  readonly #started = new Set<Line>()
  #isRunning = false
  #isStopped = false
  /** By unit id. */
  #homes: ReadonlyMap<number, Line> = new Map()

  constructor({ maxConnections = 1, ...options }: ConnectionsOptions, surroundings: LineSurroundings) {
    const { id } = options
    const line = (number: number): Line =>
      new Line({ ...options, id: maxConnections === 1 ? id : `${id}#${number}` }, surroundings)
    this.#lines = [line(1), ...Array.from({ length: maxConnections - 1 }, (_, index) => line(index + 2))]
  }

  /** Opens what the units need, now and whenever they change. */
  start(): void {
    this.#isRunning = true
    for (const line of this.#homes.values()) this.#use(line)
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#lines.map((line) => line.stop()))
  }

  /** A unit that stays keeps its connection; each new one goes where the fewest are. */
  share(unitIds: Iterable<number>): void {
    const homes = new Map<number, Line>()
    const wanted = new Set(unitIds)
    for (const [unitId, line] of this.#homes) if (wanted.has(unitId)) homes.set(unitId, line)
    for (const unitId of wanted) if (!homes.has(unitId)) homes.set(unitId, this.#emptiest(homes))
    this.#homes = homes
    if (this.#isRunning) this.start()
  }

  /** Also for a unit that nobody polls; it is opened if it was not. */
  request(unitId: number, ...rest: Rest): ReturnType<Line['request']> {
    const line = this.#homeOf(unitId)
    this.#use(line)
    return line.request(unitId, ...rest)
  }

  /** The slowest reply lately on the connection of this unit; null before the first. */
  slowestReplyMs(unitId: number): number | null {
    return this.#homeOf(unitId).slowestReplyMs
  }

  status(): ConnectionsStatus {
    const used = this.#started.size === 0 ? [this.#lines[0]] : [...this.#started]
    const counters = used.map((line) => line.counters)
    const total = { ...(counters[0] as LineCounters) }
    for (const more of counters.slice(1)) {
      for (const key of Object.keys(total) as (keyof LineCounters)[]) total[key] += more[key]
    }
    return {
      ...total,
      connections: used.length,
      connected: used.every((line) => line.connected),
      since: Math.max(...used.map((line) => line.since)),
      error: used.map((line) => line.error).find((error) => error !== null) ?? null,
    }
  }

  #homeOf(unitId: number): Line {
    return this.#homes.get(unitId) ?? this.#lines[0]
  }

  #emptiest(homes: ReadonlyMap<number, Line>): Line {
    const load = (line: Line): number => [...homes.values()].filter((home) => home === line).length
    return this.#lines.reduce((best, line) => (load(line) < load(best) ? line : best))
  }

  /** Nothing happens after the end. */
  #use(line: Line): void {
    if (this.#isStopped || this.#started.has(line)) return
    this.#started.add(line)
    line.start()
  }
}

type Rest = Parameters<Line['request']> extends [number, ...infer More] ? More : never
