/** The truth table of a case: what is told and written down in each phase for whatever the alarm becomes. */
import { describe, expect, test } from 'vitest'
import { compileChain } from '../../../gateway/dispatch/chain.ts'
import { CHAIN, MINUTE, route, Scene, worldOf } from './dispatch-fixture.ts'

type Phase = 'none' | 'calling' | 'in-hand' | 'aside'

/** How each phase is reached. */
const REACH: Readonly<Record<Phase, (scene: Scene) => void>> = {
  none: () => {},
  calling: (scene) => scene.change({ type: 'raised' }),
  'in-hand': (scene) => {
    scene.change({ type: 'raised' })
    scene.change({ type: 'acknowledged', acked: true })
  },
  aside: (scene) => {
    scene.change({ type: 'raised' })
    scene.change({ type: 'shelved', suppression: 'shelved' })
  },
}

const EVENTS = {
  raised: { type: 'raised', active: true, acked: false, suppression: null },
  'raised again': { type: 'raised', active: true, acked: false, suppression: null, occurrence: 2 },
  worse: { type: 'level-changed', active: true, acked: false, suppression: null, priority: 'urgent' },
  're-alarmed': { type: 're-alarmed', active: true, acked: false, suppression: null },
  commented: { type: 'commented' },
  acknowledged: { type: 'acknowledged', active: true, acked: true, suppression: null },
  returned: { type: 'returned', active: false, acked: false, suppression: null },
  normal: { type: 'returned', active: false, acked: true, suppression: null },
  shelved: { type: 'shelved', suppression: 'shelved' },
  'suppressed by design': { type: 'suppressed', suppression: 'suppressed-by-design' },
  'out of service': { type: 'taken-out-of-service', suppression: 'out-of-service' },
} as const

const TOLD_FIRST = ['first station hook']
const UPDATE = ['update station hook']
const ENDED = ['ended station hook']
const REMINDER = ['reminder station hook']
const NOTHING: readonly string[] = []

type Row = readonly [told: readonly string[], written: readonly string[], after: Phase]

const OPEN: Row = [TOLD_FIRST, ['opened', 'notified'], 'calling']
const SILENCE: Row = [NOTHING, [], 'none']
const NEWS: Row = [UPDATE, ['notified'], 'calling']
/** What waits to be sent would say less than what is told now. */
const STOPS: Row = [UPDATE, ['stopped', 'notified'], 'in-hand']
const ENDS: Row = [ENDED, ['notified', 'stopped'], 'none']
const CLOSES: Row = [NOTHING, ['stopped'], 'none']
const AGAIN: Row = [REMINDER, ['opened', 'notified'], 'calling']
const ASIDE: Row = [ENDED, ['notified', 'stopped'], 'aside']
const STAYS: Row = [NOTHING, [], 'aside']
const IN_HAND: Row = [UPDATE, ['notified'], 'in-hand']

const TABLE: Readonly<Record<keyof typeof EVENTS, Readonly<Record<Phase, Row>>>> = {
  raised: { none: OPEN, calling: NEWS, 'in-hand': AGAIN, aside: OPEN },
  'raised again': { none: OPEN, calling: NEWS, 'in-hand': AGAIN, aside: OPEN },
  worse: { none: OPEN, calling: NEWS, 'in-hand': AGAIN, aside: OPEN },
  're-alarmed': { none: OPEN, calling: NEWS, 'in-hand': AGAIN, aside: OPEN },
  commented: { none: OPEN, calling: NEWS, 'in-hand': IN_HAND, aside: STAYS },
  acknowledged: { none: SILENCE, calling: STOPS, 'in-hand': IN_HAND, aside: [NOTHING, ['stopped'], 'in-hand'] },
  returned: { none: OPEN, calling: NEWS, 'in-hand': AGAIN, aside: OPEN },
  normal: { none: SILENCE, calling: ENDS, 'in-hand': ENDS, aside: CLOSES },
  shelved: { none: SILENCE, calling: ASIDE, 'in-hand': ASIDE, aside: STAYS },
  'suppressed by design': { none: SILENCE, calling: ASIDE, 'in-hand': ASIDE, aside: STAYS },
  'out of service': { none: SILENCE, calling: ENDS, 'in-hand': ENDS, aside: CLOSES },
}

describe.each(Object.entries(TABLE))('an alarm that becomes: %s', (name, rows) => {
  test.each(Object.entries(rows))('in the phase %s', (phase, [told, written, after]) => {
    const scene = new Scene()
    REACH[phase as Phase](scene)
    scene.confirm()
    const before = scene.log.length
    expect(scene.change(EVENTS[name as keyof typeof EVENTS])).toEqual(told)
    expect(scene.log.slice(before).map(({ type }) => type)).toEqual(written)
    expect(scene.dispatcher.state.caseOf('device.fire')?.phase ?? 'none').toBe(after)
  })
})

describe('the steps of a chain', () => {
  test('are taken one after the other until nobody has answered', () => {
    const scene = new Scene()
    scene.change({ type: 'raised' })
    expect(scene.pass(2 * MINUTE - 1)).toEqual([])
    expect(scene.pass(1)).toEqual(REMINDER)
    expect(scene.pass(3 * MINUTE)).toEqual(['escalation centre hook'])
    expect(scene.pass(5 * MINUTE)).toEqual([])
    expect(scene.log.at(-1)).toMatchObject({ type: 'unanswered' })
    expect(scene.pass(60 * MINUTE)).toEqual([])
  })

  test('repeat what stands before them, and stay at the top', () => {
    const steps = [{ type: 'notify-parent' }, { type: 'wait', ms: MINUTE }, { type: 'repeat', times: 2 }] as const
    const chain = compileChain([{ type: 'notify' }, { type: 'wait', ms: MINUTE }, ...steps, { type: 'stop' }])
    const scene = new Scene(worldOf({ routes: [route({ chain })] }))
    scene.change({ type: 'raised' })
    const told = [1, 2, 3, 4, 5].flatMap(() => scene.pass(MINUTE))
    expect(told).toEqual([
      ...['escalation centre hook', 'reminder centre hook', 'escalation bureau hook', 'reminder bureau hook'],
      'reminder bureau hook',
    ])
  })

  test.each([
    ['acknowledged', { type: 'acknowledged', acked: true }],
    ['shelved', { type: 'shelved', suppression: 'shelved' }],
    ['suppressed', { type: 'suppressed', suppression: 'suppressed-by-design' }],
    ['out of service', { type: 'taken-out-of-service', suppression: 'out-of-service' }],
    ['normal', { type: 'returned', active: false, acked: true }],
  ] as const)('end with an alarm that is %s', (_, change) => {
    const scene = new Scene()
    scene.change({ type: 'raised' })
    scene.pass(2 * MINUTE)
    scene.change(change)
    expect([1, 2, 3, 4].flatMap(() => scene.pass(10 * MINUTE))).toEqual([])
  })

  test('end with the return to normal where the chain says so, and go on elsewhere', () => {
    const returned = { type: 'returned', active: false } as const
    const going = new Scene()
    going.change({ type: 'raised' })
    going.change(returned)
    expect(going.pass(2 * MINUTE)).toEqual(REMINDER)
    const ending = new Scene(worldOf({ routes: [route({ chain: { ...CHAIN, stopsOnReturn: true } })] }))
    ending.change({ type: 'raised' })
    expect(ending.change(returned)).toEqual(ENDED)
    expect(ending.pass(60 * MINUTE)).toEqual([])
  })

  test('count on the clock that never steps', () => {
    const scene = new Scene()
    scene.change({ type: 'raised' })
    scene.now = { ...scene.now, wall: scene.now.wall + 600 * MINUTE }
    expect(scene.pass(MINUTE)).toEqual([])
    scene.now = { ...scene.now, wall: scene.now.wall - 6000 * MINUTE }
    expect(scene.pass(MINUTE)).toEqual(REMINDER)
  })
})

describe('an acknowledgement that races a step', () => {
  test('first: its event is still on its way, and nobody is told any more', () => {
    const scene = new Scene()
    scene.change({ type: 'raised' })
    const acknowledged = scene.event({ type: 'acknowledged', acked: true, by: '李娜' })
    expect(scene.pass(2 * MINUTE)).toEqual([])
    expect(scene.take(scene.dispatcher.accept(acknowledged, scene.now))).toEqual(UPDATE)
    expect(scene.pass(60 * MINUTE)).toEqual([])
  })

  test('second: the reminder that has not left is withdrawn, and who heard is told that it is in hand', () => {
    const scene = new Scene()
    scene.change({ type: 'raised' })
    scene.confirm()
    scene.pass(2 * MINUTE)
    const reminder = scene.told.at(-1)?.id
    expect(scene.change({ type: 'acknowledged', acked: true })).toEqual(UPDATE)
    expect(scene.log).toContainEqual(expect.objectContaining({ type: 'withdrawn', notification: reminder }))
  })
})

test('of two acknowledgements the second is recorded and changes nothing', () => {
  const scene = new Scene()
  scene.change({ type: 'raised' })
  const [first] = scene.told
  const receipt = (by: string) => ({ notification: first?.id ?? '', state: 'acknowledged' as const, by, detail: null })
  scene.take(scene.dispatcher.receipt(receipt('李娜'), scene.now) ?? [])
  scene.change({ type: 'acknowledged', acked: true, by: '李娜' })
  const before = scene.dispatcher.state.caseOf('device.fire')?.phase
  scene.take(scene.dispatcher.receipt(receipt('王强'), scene.now) ?? [])
  expect(scene.dispatcher.receipt(receipt('王强'), scene.now)).toEqual([])
  expect(scene.log.flatMap((event) => (event.type === 'receipt' ? event.by : []))).toEqual(['李娜', '王强'])
  expect(scene.dispatcher.state.caseOf('device.fire')?.phase).toBe(before)
  expect(scene.pass(60 * MINUTE)).toEqual([])
})
