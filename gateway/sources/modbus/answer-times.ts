/**
 * How long the units of one line wait for one another, at worst and whatever their phases. Two things bound it:
 *
 * The queue. A unit sends its next request when the last one is answered, those with alarm points first. So while a request
 * waits, each other unit has at most one before it in the same class. The other class comes in between as `RequestQueue`
 * lets it: the rest once in a few alarm reads, alarm reads a few times before each of the rest. And of no unit more cycles
 * are served than begin meanwhile.
 *
 * The work. A line never rests while a cycle is unfinished, so a cycle takes no longer than the line can be busy at a stretch.
 *
 * A dead unit is a suspect: it has its turn when no other unit waits, and then the others wait for it once.
 */
import { MAX_OVERTAKEN, MAX_SUSPECT_OVERTAKEN } from './request-queue.ts'

/** The reads of one class in one cycle. */
export interface ClassShare {
  readonly requests: number
  readonly longestMs: number
  readonly totalMs: number
}

/** What one unit takes of its line. */
export interface Share {
  readonly alarm: ClassShare
  readonly rest: ClassShare
  /** From one cycle to the next. */
  readonly spacingMs: number
}

/** What else the line may do while a unit has its cycle. */
export interface Besides {
  /** One request to a dead unit with its time-out and the silence after it; 0: no unit is dead. */
  readonly deadMs: number
  /** One command of a person: how many requests, and how long they take together. */
  readonly command: { readonly requests: number; readonly totalMs: number }
}

/** From the beginning of a cycle until so much of it is answered. */
export interface AnswerTimes {
  readonly alarmMs: number
  readonly allMs: number
}

const MAX_ROUNDS = 50

/** The longest times of each unit. */
export function answerTimes(shares: readonly Share[], besides: Besides): readonly AnswerTimes[] {
  const line = { shares, besides }
  const busyMs = busyPeriod(line)
  let times = shares.map(alone)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = shares.map((_, own) => nextTimes(line, { own, times, busyMs }))
    if (next.every(({ alarmMs, allMs }, i) => alarmMs === times[i]?.alarmMs && allMs === times[i]?.allMs)) return next
    times = next
  }
  // Without an end: then the queue alone limits them, and not the pace of the others.
  const endless = shares.map(() => ({ alarmMs: Infinity, allMs: Infinity }))
  return shares.map((_, own) => nextTimes(line, { own, times: endless, busyMs }))
}

/** The same while any one of the other units is dead, and costs `besides.deadMs` instead of its own share. */
export function answerTimesWithDead(shares: readonly Share[], besides: Besides): readonly AnswerTimes[] {
  const line = { shares, besides }
  const times = answerTimes(shares, besides)
  const kinds = [...Map.groupBy(shares.keys(), (place) => JSON.stringify(shares[place])).values()].map((places) => ({
    places,
    busyMs: busyPeriod(line, places[0]),
  }))
  return shares.map((share, own) => {
    // With one unit fewer nothing takes longer, so what was found with all of them is long enough to look at.
    const found = kinds.flatMap(({ places, busyMs }) => {
      const without = places.find((place) => place !== own)
      return without === undefined ? [] : [nextTimes(line, { own, times, without, busyMs })]
    })
    return {
      alarmMs: Math.max(alone(share).alarmMs, ...found.map(({ alarmMs }) => alarmMs)),
      allMs: Math.max(alone(share).allMs, ...found.map(({ allMs }) => allMs)),
    }
  })
}

function alone({ alarm, rest }: Share): AnswerTimes {
  return { alarmMs: alarm.totalMs, allMs: alarm.totalMs + rest.totalMs }
}

interface Line {
  readonly shares: readonly Share[]
  readonly besides: Besides
}

interface Look {
  readonly own: number
  /** As far as they are known. */
  readonly times: readonly AnswerTimes[]
  /** A unit that is left out. */
  readonly without?: number
  readonly busyMs: number
}

function nextTimes(line: Line, look: Look): AnswerTimes {
  const { alarm, rest } = line.shares[look.own] as Share
  const { alarmMs = 0, allMs = 0 } = look.times[look.own] ?? {}
  const alarmsOnly = { alarms: alarm.requests, rest: 0, forMs: alarmMs }
  const all = { alarms: alarm.requests, rest: rest.requests, forMs: allMs }
  const alarmsWaitMs = waitOf(line, { look, waiting: alarmsOnly })
  return {
    alarmMs: alarm.requests === 0 ? 0 : Math.min(look.busyMs, alarm.totalMs + alarmsWaitMs),
    allMs: Math.min(look.busyMs, alarm.totalMs + rest.totalMs + waitOf(line, { look, waiting: all })),
  }
}

/**
 * How long the line can be busy at a stretch: all that is due within it. It begins with a request to the dead unit at worst.
 * Infinity where the line is never done.
 */
function busyPeriod({ shares, besides: { deadMs, command } }: Line, without?: number): number {
  let ms = 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let next = command.totalMs
    let requests = command.requests
    for (const [j, { alarm, rest, spacingMs }] of shares.entries()) {
      if (j === without) continue
      const cycles = Math.max(1, Math.ceil(ms / spacingMs))
      next += cycles * (alarm.totalMs + rest.totalMs)
      requests += cycles * (alarm.requests + rest.requests)
    }
    next += deadMs * (1 + Math.floor(requests / MAX_SUSPECT_OVERTAKEN))
    if (next === ms) return ms
    ms = next
  }
  return Infinity
}

/** So many requests of each class, all of which wait for so long. */
interface Waiting {
  readonly alarms: number
  readonly rest: number
  readonly forMs: number
}

/** What the others of one class have before these requests. */
interface Ahead {
  units: number
  longestMs: number
  /** What begins meanwhile. */
  begunMs: number
  /** What stands before those of the same class. */
  beforeMs: number
}

function waitOf(line: Line, { look, waiting }: { readonly look: Look; readonly waiting: Waiting }): number {
  const { deadMs, command } = line.besides
  const { alarms, rest } = aheadOf(line.shares, { look, waiting })
  const firstInClass = command.requests + (deadMs > 0 ? 1 : 0)
  // The request that is on the line already, and one in so many of those that go before.
  const turnsOfRest = waiting.alarms * (1 + Math.floor((alarms.units + firstInClass) / MAX_OVERTAKEN))
  // The request that is on the line already, and so many before each one of the rest.
  const turnsOfAlarms = waiting.rest * (1 + MAX_OVERTAKEN * (rest.units + 1))
  const alarmMs = Math.min(alarms.begunMs, alarms.beforeMs + turnsOfAlarms * alarms.longestMs)
  const restMs = Math.min(rest.begunMs, rest.beforeMs + turnsOfRest * rest.longestMs)
  const inClass = waiting.alarms * (alarms.units + 1) + waiting.rest * (rest.units + 1)
  const turnsOfDead = 1 + Math.floor((inClass + turnsOfRest + turnsOfAlarms + firstInClass) / MAX_SUSPECT_OVERTAKEN)
  return alarmMs + restMs + turnsOfDead * deadMs + command.totalMs
}

function aheadOf(
  shares: readonly Share[],
  { look, waiting }: { readonly look: Look; readonly waiting: Waiting },
): { readonly alarms: Ahead; readonly rest: Ahead } {
  const alarms: Ahead = { units: 0, longestMs: 0, begunMs: 0, beforeMs: 0 }
  const rest: Ahead = { units: 0, longestMs: 0, begunMs: 0, beforeMs: 0 }
  for (const [j, share] of shares.entries()) {
    if (j === look.own || j === look.without) continue
    const cycles = cyclesWithin(waiting.forMs, share, look.times[j]?.allMs ?? 0)
    add(alarms, share.alarm, { cycles, requests: waiting.alarms })
    add(rest, share.rest, { cycles, requests: waiting.rest })
  }
  return { alarms, rest }
}

function add(
  ahead: Ahead,
  { requests: own, longestMs, totalMs }: ClassShare,
  { cycles, requests }: { readonly cycles: number; readonly requests: number },
): void {
  if (own === 0) return
  const begunMs = cycles * totalMs
  ahead.units++
  ahead.longestMs = Math.max(ahead.longestMs, longestMs)
  ahead.begunMs += begunMs
  ahead.beforeMs += Math.min(begunMs, requests * longestMs)
}

/** `takesMs`: how long a cycle of it takes at most; one that began before, but was not answered, counts too. */
function cyclesWithin(ms: number, { spacingMs }: Share, takesMs: number): number {
  // So does one that was due before and is late.
  return Math.ceil((ms + takesMs) / spacingMs) + (takesMs > spacingMs ? 1 : 0)
}

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
