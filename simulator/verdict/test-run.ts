/** One scenario told to one gateway, watched and judged. */
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createSimulation, type Simulation } from '../runner.ts'
import type { Scenario, StoryLine } from '../scenario.ts'
import { EventWatch, type ToldReading } from './event-watch.ts'
import type { Expectation, Expectations } from './expectation.ts'
import {
  brokerOf,
  GatewayChild,
  type GatewayChildOptions,
  type GatewayPlaces,
  type OwnGateway,
} from './gateway-child.ts'
import { type GatewayAddress, GatewayClient } from './gateway-client.ts'
import { gatewayConfiguration } from './gateway-configuration.ts'
import { GatewayError } from './gateway-error.ts'
import { judge, type Verdict } from './judge.ts'
import type { Course } from './occurrence.ts'
import { gatewayNow, preflight } from './preflight.ts'
import type { ToldEvent } from './told-event.ts'
import { readPoints, type ToldPoint } from './told-point.ts'
import { Trends } from './trends.ts'

export interface TestOptions {
  readonly file: string
  readonly speed: number
  /** One that runs already, or one that is started for this. */
  readonly gateway: { readonly type: 'running'; readonly address: GatewayAddress } | StartedGateway
  readonly onProgress: (progress: Progress) => void
  readonly onStory: (line: StoryLine) => void
  readonly signal: AbortSignal
}

export interface StartedGateway {
  readonly type: 'started'
  readonly places: GatewayPlaces
  /** A folder with models of one's own, which a generated configuration names. */
  readonly profiles?: string | undefined
  readonly keep?: string | undefined
  /** A process if absent. */
  readonly create?: (options: GatewayChildOptions) => OwnGateway
}

export interface Progress {
  /** Null: the story has not begun. */
  readonly seconds: number | null
  readonly untilSeconds: number
  readonly met: number
  readonly missed: number
  readonly total: number
}

export interface TestResult {
  readonly scenario: Scenario
  readonly expectations: Expectations
  readonly verdict: Verdict
  readonly course: Course
  readonly points: readonly ToldPoint[]
  readonly trends: ReadonlyMap<string, readonly { readonly ms: number; readonly value: number | null }[]>
  readonly story: readonly StoryLine[]
}

const LOOK_MS = 200
const STREAM_WITHIN_MS = 30_000
/** What happened in time may be told a little later. */
const GRACE_MS = 1000
/** How late a missed alarm is, is worth knowing. */
const LATENESS_MS = 3000

/** Throws a GatewayError where nothing can be judged, and the signal's reason when it is ended. */
export async function testScenario(scenario: Scenario, options: TestOptions): Promise<TestResult> {
  const { speed, gateway } = options
  const expectations = scenario.expect
  if (expectations === null) throw new GatewayError('the scenario expects nothing; give it "expect"')
  const story: StoryLine[] = []
  const simulation = createSimulation(scenario, {
    ...{ speed, holds: true },
    ...(gateway.type === 'started' && { broker: brokerOf(gateway.places) }),
    onStory: (line) => {
      story.push(line)
      options.onStory(line)
    },
  })
  const since = gateway.type === 'running' ? await gatewayNow(new GatewayClient(gateway.address)) : 0
  let own: OwnGateway | null = null
  try {
    await simulation.start()
    if (gateway.type === 'started') {
      const { create = (plan) => new GatewayChild(plan) } = gateway
      own = create({ ...gateway, ...setupOf(scenario, { ...options, ...gateway, linePorts: simulation.ports() }) })
      await own.start()
    }
    const client = new GatewayClient(gateway.type === 'running' ? gateway.address : { url: (own as OwnGateway).url })
    const ending = (): string | null => own?.ending ?? null
    const told = await watchStory(simulation, { scenario, expectations, client, since, ending, ...options })
    return { scenario, expectations, story, ...told }
  } finally {
    // The gateway first, so that it does not take the end for a failure of the field.
    await own?.stop()
    await simulation.stop()
  }
}

/** Of a gateway of its own: what its configuration is, and where a configuration file of the scenario finds its lines. */
function setupOf(
  scenario: Scenario,
  {
    file,
    places,
    profiles,
    linePorts,
    speed,
  }: Pick<TestOptions, 'file' | 'speed'> &
    Pick<StartedGateway, 'places' | 'profiles'> & {
      readonly linePorts: ReadonlyMap<string, number>
    },
): Pick<GatewayChildOptions, 'configuration' | 'environment'> {
  const { gateway } = scenario
  const ports = [...linePorts].map(([id, port]) => [
    `OUTPOST_PORT_${id.toUpperCase().replaceAll('-', '_')}`,
    String(port),
  ])
  return {
    environment: Object.fromEntries(ports),
    configuration:
      gateway.type === 'file'
        ? { path: resolve(dirname(file), gateway.path) }
        : (dataDirectory) => gatewayConfiguration(scenario, { ...places, profiles, linePorts, speed, dataDirectory }),
  }
}

interface Watching extends TestOptions {
  readonly scenario: Scenario
  readonly expectations: Expectations
  readonly client: GatewayClient
  readonly since: number
  readonly ending: () => string | null
}

async function watchStory(
  simulation: Simulation,
  watching: Watching,
): Promise<Pick<TestResult, 'verdict' | 'course' | 'points' | 'trends'>> {
  const { client, speed, expectations, ending, signal, scenario } = watching
  const say = (verdict: Verdict | null, seconds: number | null) =>
    watching.onProgress(progressOf(expectations, { verdict, seconds }))
  say(null, null)
  const ground = await preflight({ ...watching, ending: () => ending() ?? (signal.aborted ? 'ended' : null) })
  signal.throwIfAborted()
  const points = await readPoints(client, scenario)
  const events: ToldEvent[] = []
  const trends = new Trends(points.map(({ id }) => id))
  let failure: string | null = null
  const watch = new EventWatch({
    ...{ client, after: ground.lastSeq, onEvent: (event) => events.push(event) },
    onReadings: (readings: readonly ToldReading[]) => trends.add(readings),
    onFailure: (why) => {
      failure = why
    },
  })
  try {
    const offsetMs = await Promise.race([watch.start(), failsAfter(client.url)])
    simulation.begin()
    const began = performance.now()
    // On one machine there is one clock, and what the greeting took must not count.
    const begunAt = Date.now() + (isHere(client.url) ? 0 : offsetMs)
    const courseAt = (isOver: boolean): Course => {
      return { ...ground, events, begunAt, speed, nowMs: performance.now() - began, isOver }
    }
    for (;;) {
      await delay(LOOK_MS, undefined, { signal })
      const why = ending()
      if (why !== null) throw new GatewayError(why)
      const course = courseAt(false)
      const verdict = judge(expectations, course)
      say(verdict, simulation.elapsedSeconds())
      if (isDecided(verdict, { course, expectations })) break
    }
    await delay(GRACE_MS, undefined, { signal })
    const course = courseAt(true)
    if (failure !== null) throw new GatewayError(`the events cannot be followed any more: ${failure}`)
    if (watch.skipped > 0)
      throw new GatewayError(`${watch.skipped} alarm events are missing in what ${client.url} told`)
    return { verdict: judge(expectations, course), course, points, trends: trends.since(begunAt) }
  } finally {
    await watch.stop()
  }
}

function isDecided(
  { findings }: Verdict,
  { course, expectations }: { readonly course: Course; readonly expectations: Expectations },
): boolean {
  const storyMs = (expectations.untilSeconds / course.speed) * 1000
  if (course.nowMs < storyMs || findings.some(({ status }) => status === 'open')) return false
  const missed = expectations.alarms.filter((_, i) => findings[i]?.status === 'missed')
  return missed.every((expectation) => course.nowMs >= latestMs(expectation, course.speed) + LATENESS_MS)
}

/** When what is awaited must have come. */
function latestMs({ outcome }: Expectation, speed: number): number {
  if (outcome.type === 'never') return 0
  const windows = outcome.returned === null ? [outcome.raised] : [outcome.raised, outcome.returned]
  return Math.max(...windows.map(({ atSeconds, withinMs }) => (atSeconds / speed) * 1000 + withinMs))
}

function progressOf(
  { untilSeconds, alarms, nothingElse }: Expectations,
  { verdict, seconds }: { readonly verdict: Verdict | null; readonly seconds: number | null },
): Progress {
  const count = (status: string) => verdict?.findings.filter((finding) => finding.status === status).length ?? 0
  const total = alarms.length + (nothingElse ? 1 : 0)
  return { seconds, untilSeconds, met: count('met'), missed: count('missed'), total }
}

async function failsAfter(url: string): Promise<never> {
  await delay(STREAM_WITHIN_MS, undefined, { ref: false })
  throw new GatewayError(`${url}/api/events does not answer`)
}

function isHere(url: string): boolean {
  return /^https?:\/\/(127\.|localhost|\[::1\])/.test(url)
}
