/** The state is the fold of what is on disk: after a crash in any step it goes on, and tells nothing under another id. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Dispatcher } from '../../../gateway/dispatch/dispatcher.ts'
import type { DispatchEvent } from '../../../gateway/dispatch-event.ts'
import { type AlarmChange, CHAIN, channel, MINUTE, route, Scene, worldOf } from './dispatch-fixture.ts'

const STEPS: readonly ((scene: Scene) => void)[] = [
  (scene) => scene.change({ type: 'raised' }),
  (scene) => scene.pass(2 * MINUTE),
  (scene) => scene.confirm(),
  (scene) => scene.pass(3 * MINUTE),
  (scene) => scene.change({ type: 'acknowledged', acked: true }),
  (scene) => scene.change({ type: 're-alarmed', acked: false }),
  (scene) => scene.pass(2 * MINUTE),
  (scene) => scene.change({ type: 'shelved', suppression: 'shelved' }),
  (scene) => scene.change({ type: 'unshelved', suppression: null }),
  (scene) => scene.confirm('acknowledged', '李娜'),
  (scene) => scene.change({ type: 'returned', active: false, acked: true }),
  (scene) => scene.confirm(),
]

function foldOf(events: readonly DispatchEvent[], scene: Scene): unknown {
  const fold = new Dispatcher(scene.world)
  const numbers = { lastSeq: 0, lastNotification: 0, accepted: 0 }
  fold.restore({ events, ...numbers, lastEvents: [], now: scene.now })
  return fold.state.snapshot()
}

test('the fold of the journal is the state after every step', () => {
  const scene = new Scene()
  for (const step of STEPS) {
    step(scene)
    expect(foldOf(scene.log, scene)).toEqual(scene.dispatcher.state.snapshot())
  }
  expect(scene.dispatcher.state.snapshot()).toMatchObject({ cases: [], notifications: [] })
})

test.each(STEPS.map((_, index) => index + 1))(
  'killed after step %d it tells the same under the same ids',
  (killedAfter) => {
    const [whole, killed] = [new Scene(), new Scene()]
    for (const [index, step] of STEPS.entries()) {
      step(whole)
      step(killed)
      if (index + 1 === killedAfter) killed.restart()
    }
    expect(killed.told.map(({ id }) => id)).toEqual(whole.told.map(({ id }) => id))
    expect(killed.dispatcher.state.snapshot()).toEqual(whole.dispatcher.state.snapshot())
  },
)

test('the decisions of an alarm event that were not on disk are made again, under the same ids', () => {
  const scene = new Scene()
  const event = scene.event({ type: 'raised' })
  const ids = () => scene.dispatcher.accept(event, scene.now).flatMap(({ notification }) => notification?.id ?? [])
  const first = ids()
  scene.dispatcher = new Dispatcher(scene.world)
  expect(ids()).toEqual(first)
  expect(first).toHaveLength(1)
  expect(ids()).toEqual([])
})

test('a delay goes on over a restart by the wall clock, one step at a time', () => {
  const scene = new Scene()
  scene.change({ type: 'raised' })
  scene.restart({ away: MINUTE })
  expect(scene.pass(MINUTE - 1)).toEqual([])
  expect(scene.pass(1)).toEqual(['reminder station hook'])
  // Away for an hour: the next step is due, and the one after it counts from there.
  scene.restart({ away: 60 * MINUTE })
  expect(scene.pass(0)).toEqual(['escalation centre hook'])
  expect(scene.pass(MINUTE)).toEqual([])
})

test('a clock that was set back over the restart lets the delay begin anew, and never waits longer than that', () => {
  const scene = new Scene()
  scene.change({ type: 'raised' })
  scene.restart({ wallStep: -24 * 60 * MINUTE })
  expect(scene.pass(2 * MINUTE - 1)).toEqual([])
  expect(scene.pass(1)).toEqual(['reminder station hook'])
})

const ALARMS = ['one.fire', 'two.level', 'three.battery']
const PRIORITIES = ['urgent', 'high', 'low'] as const

const change: fc.Arbitrary<AlarmChange> = fc.record({
  type: fc.constantFrom('raised', 'level-changed', 'commented', 'acknowledged', 'returned', 'shelved', 're-alarmed'),
  alarm: fc.constantFrom(...ALARMS),
  active: fc.boolean(),
  acked: fc.boolean(),
  suppression: fc.constantFrom(null, null, null, 'shelved', 'suppressed-by-design', 'out-of-service'),
  priority: fc.constantFrom(...PRIORITIES),
})
type Move =
  | { readonly change: AlarmChange }
  | { readonly pass: number }
  | { readonly confirm: true }
  | { readonly kill: true }
const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ change }) },
    { weight: 3, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 6 * MINUTE }) }) },
    { weight: 2, arbitrary: fc.constant({ confirm: true as const }) },
    { weight: 1, arbitrary: fc.constant({ kill: true as const }) },
  ),
  { maxLength: 40 },
)

const WORLDS = [
  worldOf(),
  worldOf({
    grouping: { withinMs: MINUTE, most: 3 },
    channels: new Map([channel('hook'), channel('siren', { tells: new Set(['first', 'ended'] as const) })]),
    routes: [route({ channels: ['hook', 'siren'], alsoStations: ['bureau'], chain: CHAIN })],
    inhibitions: [{ source: { priorities: ['urgent'] }, target: { priorities: ['low'] }, same: 'station' }],
  }),
]

test('whatever happens: no id twice, no step twice, nobody called after the end, what is urgent told at once', () => {
  fc.assert(
    fc.property(moves, fc.constantFrom(...WORLDS), (all, world) => {
      const scene = new Scene(world)
      for (const move of all) {
        if ('change' in move) {
          scene.change(move.change)
          const row = scene.rows.get(move.change.alarm as string)
          const open = scene.dispatcher.state.caseOf(move.change.alarm as string)
          const asks = row !== undefined && row.facts.suppression === null && !row.facts.acked
          // One that nobody has in hand is called for, and one that is urgent has been told of when the event is taken.
          if (asks && row.state !== 'normal') {
            expect(open).toBeDefined()
            if (row.priority === 'urgent') expect(open?.heard.size).toBeGreaterThan(0)
          } else expect(open?.phase ?? 'over').not.toBe('calling')
        } else if ('pass' in move) {
          const already = scene.told.length
          scene.pass(move.pass)
          for (const { events, purpose } of scene.told.slice(already)) {
            expect(['first', 'reminder', 'escalation']).toContain(purpose)
            for (const { alarm } of events) expect(scene.rows.get(alarm.id)?.facts.acked).toBe(false)
          }
        } else if ('confirm' in move) scene.confirm()
        else scene.restart()
        expect(foldOf(scene.log, scene)).toEqual(scene.dispatcher.state.snapshot())
      }
      const ids = scene.told.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(scene.told.map(({ seq }) => seq)).toEqual(scene.told.map((_, index) => index + 1))
      expect(scene.log.map(({ seq }) => seq)).toEqual(scene.log.map((_, index) => index + 1))
      expectEachStepOnce(scene.log)
    }),
    { numRuns: 150 },
  )
})

function expectEachStepOnce(log: readonly DispatchEvent[]): void {
  const steps = new Map<string, number>()
  for (const event of log) {
    const [id = ''] = event.cases
    if (event.type === 'opened') steps.set(id, 0)
    if (event.type !== 'stepped') continue
    expect(event.step).toBe((steps.get(id) ?? Number.NaN) + 1)
    steps.set(id, event.step)
  }
}
