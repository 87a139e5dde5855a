/** Figures and suggestions from a real journal, page by page, and floods from what is committed. */
import { expect, onTestFinished, test } from 'vitest'
import { AlarmFigures } from '../../../gateway/app/alarm-figures.ts'
import { Pipeline } from '../../../gateway/pipeline/pipeline.ts'
import { startJournal } from '../journal/journal-fixture.ts'
import { deviceOf, discreteRule, levelOf, limitRule, pointOf } from '../pipeline/devices.ts'

async function station() {
  const { journal, clock } = await startJournal()
  const points = Array.from({ length: 12 }, (_, i) => pointOf('d', { id: `x${i}`, decimals: 2 }))
  const rules = points.map((point, i) => limitRule(point, [levelOf('high', { setpoint: 1 })], { id: `r${i}` }))
  const on = pointOf('d', { id: 'on', type: 'boolean' })
  const device = deviceOf('d', { points: [...points, on], rules: [...rules, discreteRule(on)], protocol: 'self' })
  const pipeline = new Pipeline({ devices: [device], alarms: [], now: clock.now() })
  const figures = new AlarmFigures({ pipeline, journal, clock })
  const say = (values: Readonly<Record<string, number>>) =>
    journal.commit(pipeline.accept({ deviceId: 'd', at: clock.now(), type: 'values', values }))
  return { journal, clock, pipeline, figures, say }
}

test('of a period, of one station or all', async () => {
  const { figures, say, clock } = await station()
  const from = clock.now().wall
  // More events than one page of the journal.
  const said: Promise<unknown>[] = []
  for (let i = 0; i < 1100; i++) {
    await clock.advance(1000)
    said.push(say({ x0: 2 }), say({ x0: 0 }))
  }
  await Promise.all(said)
  const period = { from, to: clock.now().wall + 1 }
  expect(await figures.of(period, 'longtian')).toMatchObject({ alarms: 1100, topTen: [{ alarm: 'd.r0', count: 1100 }] })
  expect((await figures.of(period, null)).alarms).toBe(1100)
  expect((await figures.of(period, 'elsewhere')).alarms).toBe(0)
  expect((await figures.of({ from: period.to, to: period.to + 1000 }, null)).alarms).toBe(0)
})

test('an alarm that stands for longer than a day is stale at the end of the period, and not before', async () => {
  const { figures, say, clock } = await station()
  const from = clock.now().wall
  await say({ x0: 2 })
  const day = 86_400_000
  expect((await figures.of({ from, to: from + day }, null)).stale).toEqual([])
  expect((await figures.of({ from, to: from + day + 1 }, null)).stale).toEqual(['d.r0'])
})

test('a flood is seen while it lasts, and again after a start in its middle', async () => {
  const { figures, say, clock, pipeline, journal } = await station()
  onTestFinished(await figures.start())
  for (let i = 0; i < 10; i++) {
    expect(figures.floods().size).toBe(0)
    await say({ [`x${i}`]: 2 })
    await clock.advance(1000)
  }
  expect(figures.floods().get('longtian')).toMatchObject({ alarms: 10, to: null })
  const next = new AlarmFigures({ pipeline, journal, clock })
  onTestFinished(await next.start())
  expect(next.floods().get('longtian')).toMatchObject({ alarms: 10 })
  await clock.advance(600_000)
  expect(figures.floods().size).toBe(0)
})

test('suggestions stand on the recorded readings; what is no limit on a value has none', async () => {
  const { figures, say, clock } = await station()
  const from = clock.now().wall
  for (let i = 0; i < 200; i++) {
    await clock.advance(1000)
    await say({ x0: i % 2 === 0 ? 1.01 : 0.98 })
  }
  const period = { from, to: clock.now().wall + 1 }
  const answer = await figures.tuning('d.r0', period)
  expect(answer).toMatchObject({
    ok: true,
    tuning: { readings: 200, levels: [{ raises: 100, deadband: { now: 0, suggested: 0.03, raises: 1 } }] },
  })
  expect(await figures.tuning('d.discrete', period)).toMatchObject({ ok: false, refusal: 'not-tunable' })
  expect(await figures.tuning('d.nothing', period)).toMatchObject({ ok: false, refusal: 'unknown-alarm' })
})
