/**
 * A whole gateway whose wall clock steps: delays run on, stamps are those of the clock, what receivers get stays in order, and people are
 * told. The clock is the test's; sockets, files and threads are real.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink } from '../support/tag-station.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ON_DELAY_S = 30
const TAG = { place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded' }
const WITHIN = { timeout: 30_000, interval: 10 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

class Station {
  readonly clock: FakeClock
  readonly app: AppInProcess
  readonly dispatch: HttpReceiver

  private constructor(parts: { clock: FakeClock; app: AppInProcess; dispatch: HttpReceiver }) {
    this.clock = parts.clock
    this.app = parts.app
    this.dispatch = parts.dispatch
  }

  static async start(options: { wall?: number; dataDirectory: string; dispatch: HttpReceiver }): Promise<Station> {
    const clock = new FakeClock(options.wall)
    const app = await startApp(
      {
        dataDirectory: options.dataDirectory,
        devices: [
          { id: 'old', ...TAG, address: 'old', rules: { removed: { onDelay: '0s' } } },
          { id: 'tag', ...TAG, address: 'tag', rules: { pressure: { onDelay: `${ON_DELAY_S}s`, offDelay: '0s' } } },
        ],
        sinks: [dispatchSink(options.dispatch.url)],
        environment: DISPATCH_ENVIRONMENT,
      },
      { clock },
    )
    const station = new Station({ clock, app, dispatch: options.dispatch })
    ends.push(() => station.stop())
    return station
  }

  #stopped: Promise<void> | null = null
  stop(): Promise<void> {
    this.#stopped ??= this.app.remove()
    return this.#stopped
  }

  async say(device: string, message: object): Promise<void> {
    const client = await this.app.gateway.connect(`say-${device}`)
    await client.publishAsync(`outpost/extinguisher/${device}`, JSON.stringify(message), { qos: 1 })
    await client.endAsync()
  }

  async pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed++) {
      await this.clock.advance(1000)
      await this.app.gateway.alarms()
    }
  }

  async isActive(id: string): Promise<boolean> {
    return (await this.app.gateway.alarms()).some((alarm) => alarm.id === id && alarm.facts.active)
  }

  async last(id: string): Promise<AlarmEvent | undefined> {
    return (await this.app.gateway.alarmEvents()).findLast(({ alarm }) => alarm.id === id)
  }

  /** All that is in the journal has come, in the order of its numbers. */
  async expectTold(): Promise<void> {
    const events = await this.app.gateway.alarmEvents()
    const told = () => this.dispatch.requests.map(({ body }) => (JSON.parse(body) as AlarmEvent).seq)
    await expect.poll(() => this.clock.advance(1000).then(() => new Set(told()).size), WITHIN).toBe(events.length)
    expect(told()).toEqual(told().toSorted((a, b) => a - b))
  }
}

async function startWorld(): Promise<{ dataDirectory: string; dispatch: HttpReceiver }> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'outpost-clock-'))
  ends.push(() => rmSync(dataDirectory, { recursive: true }))
  const dispatch = await startReceiver()
  ends.push(() => dispatch.close())
  return { dataDirectory, dispatch }
}

describe('a wall clock that steps', () => {
  test.each([
    ['an hour forward', HOUR],
    ['an hour back', -HOUR],
    ['a day forward', DAY],
    ['a day back', -DAY],
    ['to 1970 and back', -Date.UTC(2026, 8, 1, 7)],
  ])('by %s neither hastens nor delays an alarm, and is said', async (_, step) => {
    const station = await Station.start(await startWorld())
    await station.say('old', { present: false })
    await expect.poll(() => station.isActive('old.removed'), WITHIN).toBe(true)
    for (const way of [step, -step]) {
      await station.say('tag', { pressure: 900 })
      await station.pass(ON_DELAY_S / 2)
      station.clock.stepWall(way)
      await station.pass(ON_DELAY_S / 2 - 2)
      expect(await station.isActive('tag.pressure')).toBe(false)
      await station.pass(3)
      expect(await station.isActive('tag.pressure')).toBe(true)
      await expect
        .poll(() => station.last('tag.pressure'), WITHIN)
        .toMatchObject({ alarm: { facts: { active: true } }, time: expect.closeTo(station.clock.now().wall, -4) })
      // The other direction takes the place of the first when that has been over for a minute.
      await expect
        .poll(() => station.pass(5).then(() => station.last('station-1.clock-step')), WITHIN)
        .toMatchObject({ alarm: { level: way > 0 ? 'high' : 'low', facts: { active: true } } })
      await station.say('tag', { pressure: 1200 })
      await expect.poll(() => station.isActive('tag.pressure'), WITHIN).toBe(false)
    }
    expect(await station.isActive('old.removed')).toBe(true)
    await station.expectTold()
  })

  test('a start in 1970, as without a battery for the clock, goes on with what is known', async () => {
    const world = await startWorld()
    const before = await Station.start(world)
    await before.say('old', { present: false })
    await expect.poll(() => before.isActive('old.removed'), WITHIN).toBe(true)
    await before.expectTold()
    await before.stop()

    const after = await Station.start({ ...world, wall: 60_000 })
    expect(await after.isActive('old.removed')).toBe(true)
    await after.say('tag', { pressure: 900 })
    await after.pass(ON_DELAY_S + 1)
    expect(await after.isActive('tag.pressure')).toBe(true)
    // Then time synchronisation has come.
    after.clock.stepWall(Date.UTC(2026, 8, 1, 9))
    await expect
      .poll(() => after.pass(5).then(() => after.last('station-1.clock-step')), WITHIN)
      .toMatchObject({ type: 'raised', alarm: { level: 'high' } })
    await after.say('tag', { pressure: 1200 })
    await expect.poll(() => after.isActive('tag.pressure'), WITHIN).toBe(false)
    const events = await after.app.gateway.alarmEvents()
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    await after.expectTold()
  })
})
