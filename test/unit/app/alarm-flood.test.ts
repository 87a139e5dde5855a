/**
 * Ten thousand points turn bad in one second, and a fire is among them: everything is journaled, people see the fire first and
 * one line for the rest, and questions are answered meanwhile.
 */
import { expect, onTestFinished, test } from 'vitest'
import type { Device, Rule } from '../../../device-profiles/device.ts'
import type { AlarmEvent } from '../../../gateway/alarm-model.ts'
import { AlarmFigures } from '../../../gateway/app/alarm-figures.ts'
import { compareAlarms } from '../../../gateway/http/alarm-order.ts'
import { Pipeline } from '../../../gateway/pipeline/pipeline.ts'
import { groupAlarms } from '../../../gateway/statistics/alarm-groups.ts'
import { FakeGateway } from '../../support/fake-gateway.ts'
import { startTestServer } from '../../support/http.ts'
import { startJournal } from '../journal/journal-fixture.ts'
import { badQualityRule, deviceOf, discreteRule, noDataRule, pointOf } from '../pipeline/devices.ts'

const POINTS = 10_000
const FIRE = 'smoke-7777.fire'

/** Each with one point and the rule that is given. One can tell a fire. */
const detectorsWith = (rule: Rule): readonly Device[] =>
  Array.from({ length: POINTS }, (_, i) => {
    const point = pointOf(`smoke-${i}`, { id: 'smoke', type: 'boolean' })
    const fire = discreteRule(point, { id: 'fire', priority: 'urgent', onDelayMs: 3000 })
    return deviceOf(`smoke-${i}`, {
      ...{ points: [point], protocol: 'mqtt', intervalMs: 600_000 },
      rules: i === 7777 ? [rule, fire] : [rule],
    })
  })

async function station(rule: Rule) {
  const detectors = detectorsWith(rule)
  const { journal, clock } = await startJournal()
  const pipeline = new Pipeline({ devices: detectors, alarms: [], now: clock.now() })
  const figures = new AlarmFigures({ pipeline, journal, clock })
  onTestFinished(await figures.start())
  const say = (i: number, content: { smoke: number } | 'bad') => {
    const sample = { deviceId: `smoke-${i}`, at: clock.now() }
    return journal.commit(
      pipeline.accept(
        content === 'bad'
          ? { ...sample, type: 'device-failure', reason: 'device-fault', detail: 'contaminated' }
          : { ...sample, type: 'values', values: content },
      ),
    )
  }
  const journaled = async () => {
    const events: AlarmEvent[] = []
    for (;;) {
      const page = await journal.events(events.at(-1)?.seq ?? 0, 10_000)
      if (page.length === 0) return events
      events.push(...page)
    }
  }
  return { detectors, journal, clock, pipeline, figures, say, journaled }
}

function expectSummary(pipeline: Pipeline): void {
  const open = [...pipeline.alarms()].filter(({ state }) => state !== 'normal').sort(compareAlarms)
  const groups = groupAlarms(open)
  expect(groups.map(({ first, alarms }) => [first.rule, alarms.length])).toEqual([
    ['fire', 1],
    [expect.stringMatching(/bad-quality|no-data/), POINTS],
  ])
}

test('one by one: all on disk without a gap, the fire first for people, and others are served in between', async () => {
  const { say, journal, journaled, pipeline, figures, clock, detectors } = await station(
    badQualityRule({ priority: 'high' }),
  )
  await say(7777, { smoke: 1 })
  await clock.advance(3000)
  const gateway = Object.assign(new FakeGateway(), { alarms: () => pipeline.alarms(), statistics: figures })
  const { url, server } = await startTestServer({ gateway })
  onTestFinished(() => server.stop())
  let [done, answered] = [false, 0]
  const asking = (async () => {
    while (!done) {
      expect((await fetch(`${url}/api/health`)).status).toBe(200)
      answered++
    }
  })()
  await journal.commit(pipeline.tick(clock.now()))
  const commits = detectors.map(async (_, i) => {
    // As messages come: a few hundred in each turn of the event loop.
    for (let turn = 0; turn < i / 250; turn++) await new Promise(setImmediate)
    await say(i, 'bad')
  })
  await Promise.all(commits)
  done = true
  await asking
  // Not a time but an order: whoever asked was answered while the storm went on.
  expect(answered).toBeGreaterThan(3)
  const events = await journaled()
  const faults = events.filter(({ type, alarm: { rule } }) => type === 'raised' && rule === 'bad-quality')
  expect(faults).toHaveLength(POINTS)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
  const { floods, groups } = (await (await fetch(`${url}/api/alarm-groups`)).json()) as {
    floods: readonly { station: string }[]
    groups: readonly { first: { id: string }; count: number }[]
  }
  expect(floods).toMatchObject([{ station: 'longtian' }])
  expect(groups[0]?.first.id).toBe(FIRE)
  expect(groups.map(({ count }) => count)).toContain(POINTS)
}, 120_000)

test('all in one moment: the fire has the first number, so every receiver gets it first', async () => {
  const { say, journaled, pipeline, journal, clock } = await station(noDataRule({ priority: 'high', afterMs: 3000 }))
  await say(7777, { smoke: 1 })
  await clock.advance(3000)
  await journal.commit(pipeline.tick(clock.now()))
  const events = await journaled()
  expect(events[0]?.alarm.id).toBe(FIRE)
  expect(events).toHaveLength(POINTS + 1)
  expectSummary(pipeline)
}, 120_000)
