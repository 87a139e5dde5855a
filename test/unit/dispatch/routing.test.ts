/** Which stations hear over which channels, what is told together, and what explains what. */
import { describe, expect, test } from 'vitest'
import { fits } from '../../../gateway/dispatch/routing.ts'
import type { CaseFacts } from '../../../gateway/dispatch-event.ts'
import { CHAIN, channel, MINUTE, registryOf, route, Scene, worldOf } from './dispatch-fixture.ts'

const FACTS: CaseFacts = {
  ...{ station: 'station', device: 'smoke-1', place: 'mall', placeKind: 'crowded-place', risk: 'red' },
  ...{ kind: 'smoke', priority: 'high', class: 'alarm', mark: null },
}

describe('a route', () => {
  test.each([
    [{ places: ['mall'], placeKinds: ['crowded-place'], risks: ['red'] }, true],
    [{ places: ['school'] }, false],
    [{ kinds: ['smoke', 'door'], devices: ['smoke-1'], stations: ['station'] }, true],
    [{ kinds: ['smoke'], priorities: ['urgent'] }, false],
    [{ classes: ['fault'] }, false],
    [{ marks: ['real'] }, true],
    [{ marks: ['exercise', 'test'] }, false],
    [{ during: 'night' }, true],
    [{ during: 'day' }, false],
  ] as const)('%j', (match, expected) => {
    expect(fits(match, FACTS, (schedule) => schedule === 'night')).toBe(expected)
  })

  test('of a place does not fit what hangs at none', () => {
    expect(fits({ places: ['mall'] }, { ...FACTS, place: null }, () => true)).toBe(false)
  })

  test('is the first that fits, and those behind it as long as it says so', () => {
    const routes = [
      route({ id: 'door', when: { kinds: ['door'] }, channels: ['mail'] }),
      route({
        id: 'urgent',
        when: { priorities: ['urgent'] },
        channels: ['hook'],
        alsoStations: ['bureau'],
        continue: true,
      }),
      route({ id: 'all', channels: ['mail'], chain: CHAIN }),
      route({ id: 'never', channels: ['hook'] }),
    ]
    const scene = new Scene(worldOf({ routes, channels: new Map([channel('hook'), channel('mail')]) }))
    const told = ['first station hook', 'first bureau hook', 'first station mail']
    expect(scene.change({ type: 'raised' })).toEqual(told)
    expect(scene.pass(2 * MINUTE)).toHaveLength(3)
  })
})

describe('a channel', () => {
  const person = { id: 'li', name: '李娜', phone: null, addresses: { mail: 'li@example.org' } }

  test('to people reaches those on duty who have an address there, and its absence is written down', () => {
    const channels = new Map([channel('mail', { reaches: 'people' })])
    const routes = [route({ channels: ['mail'], chain: CHAIN })]
    const scene = new Scene(
      worldOf({ routes, channels, registry: registryOf((id) => (id === 'centre' ? [person] : [])) }),
    )
    expect(scene.change({ type: 'raised' })).toEqual([])
    expect(scene.log.at(-1)).toMatchObject({ type: 'unreached', station: 'station', step: 0 })
    expect([scene.pass(2 * MINUTE), scene.pass(3 * MINUTE)].flat()).toEqual(['escalation centre mail'])
    expect(scene.told[0]?.to).toEqual([{ person: 'li', name: '李娜', address: 'li@example.org' }])
  })

  test('serves its stations, and is used for what it is told to be', () => {
    const channels = new Map([
      channel('hook', { stations: new Set(['centre']) }),
      channel('siren', { tells: new Set(['first', 'ended'] as const) }),
    ])
    const scene = new Scene(worldOf({ channels, routes: [route({ channels: ['hook', 'siren'], chain: CHAIN })] }))
    expect(scene.change({ type: 'raised' })).toEqual(['first station siren'])
    expect(scene.pass(2 * MINUTE)).toEqual([])
    expect(scene.pass(3 * MINUTE)).toEqual(['escalation centre hook'])
    expect(scene.log.some(({ type }) => type === 'unreached')).toBe(false)
    expect(scene.change({ type: 'returned', active: false, acked: true })).toEqual([
      ...['ended station siren', 'ended centre hook'],
    ])
  })

  test('that is gone with a new configuration gets nothing any more', () => {
    const scene = new Scene()
    scene.change({ type: 'raised' })
    scene.take(scene.dispatcher.reconfigure(worldOf({ channels: new Map() }), scene.now))
    expect(scene.log.at(-1)).toMatchObject({ type: 'withdrawn' })
    expect([...scene.dispatcher.state.waiting()]).toEqual([])
  })
})

test('an alarm that becomes worse goes the way of the worse at once', () => {
  const routes = [
    route({ when: { priorities: ['urgent'] }, channels: ['hook'], alsoStations: ['bureau'] }),
    route({ channels: ['mail'] }),
  ]
  const scene = new Scene(worldOf({ routes, channels: new Map([channel('hook'), channel('mail')]) }))
  expect(scene.change({ type: 'raised', priority: 'low' })).toEqual(['first station mail'])
  expect(scene.change({ type: 'level-changed', priority: 'urgent' })).toEqual([
    'first station hook',
    'first bureau hook',
  ])
})

describe('grouping', () => {
  const world = worldOf({ grouping: { withinMs: MINUTE, most: 3 } })
  const raise = (scene: Scene, alarm: string, priority: 'low' | 'urgent' = 'low') =>
    scene.change({ type: 'raised', alarm, priority })

  test('tells the first at once and what follows together; what is urgent never waits', () => {
    const scene = new Scene(world)
    expect(raise(scene, 'a.x')).toEqual(['first station hook'])
    expect([raise(scene, 'b.x'), raise(scene, 'c.x')]).toEqual([[], []])
    expect(raise(scene, 'd.fire', 'urgent')).toEqual(['first station hook'])
    expect(scene.pass(MINUTE - 1)).toEqual([])
    expect(scene.pass(1)).toEqual(['first station hook'])
    expect(scene.told.at(-1)?.events.map(({ alarm }) => alarm.id)).toEqual(['b.x', 'c.x'])
    expect(raise(scene, 'e.x')).toEqual([])
  })

  test('tells as many as it may without waiting for more', () => {
    const scene = new Scene(world)
    for (const id of ['a', 'b', 'c']) raise(scene, `${id}.x`)
    expect(raise(scene, 'd.x')).toEqual(['first station hook'])
    expect(scene.told.at(-1)?.events).toHaveLength(3)
  })

  test('leaves out what somebody has in hand meanwhile, tells the newest, and what has become urgent at once', () => {
    const scene = new Scene(world)
    for (const id of ['a', 'b', 'c', 'd']) if (id !== 'd') raise(scene, `${id}.x`)
    scene.change({ type: 'acknowledged', alarm: 'b.x', acked: true })
    expect(scene.change({ type: 'level-changed', alarm: 'c.x', priority: 'urgent' })).toEqual(['first station hook'])
    raise(scene, 'd.x')
    scene.change({ type: 'commented', alarm: 'd.x', row: { comment: 'looked at' } })
    scene.pass(MINUTE)
    expect(scene.told.at(-1)?.events.map(({ alarm }) => [alarm.id, alarm.comment])).toEqual([['d.x', 'looked at']])
  })

  test('forgets nothing over a restart: what was held is told then', () => {
    const scene = new Scene(world)
    raise(scene, 'a.x')
    raise(scene, 'b.x')
    scene.restart()
    expect(scene.pass(0)).toEqual(['first station hook'])
    expect(scene.told.at(-1)?.events.map(({ alarm }) => alarm.id)).toEqual(['b.x'])
  })
})

describe('inhibition', () => {
  const inhibitions = [{ source: { kinds: ['gateway'] }, target: { classes: ['fault'] }, same: 'station' }] as const
  const world = worldOf({ inhibitions })
  const source = { alarm: 'line.down', row: { kind: 'gateway', class: 'fault' } } as const
  const lost = { alarm: 'probe.no-data', row: { class: 'fault' } } as const

  test('keeps what is explained until what explains it is over, and then tells it', () => {
    const scene = new Scene(world)
    scene.change({ type: 'raised', ...source })
    expect(scene.change({ type: 'raised', ...lost, priority: 'high' })).toEqual([])
    expect(scene.pass(60 * MINUTE)).not.toContain('first station hook')
    const over = scene.change({ type: 'returned', ...source, active: false, acked: true })
    expect(over).toEqual(expect.arrayContaining(['first station hook', 'ended station hook']))
    expect(
      scene.told.find(({ purpose, events }) => purpose === 'first' && events[0]?.alarm.id === lost.alarm),
    ).toBeDefined()
  })

  test('never keeps what is urgent, nor what becomes urgent', () => {
    const scene = new Scene(world)
    scene.change({ type: 'raised', ...source })
    expect(scene.change({ type: 'raised', ...lost, priority: 'urgent' })).toEqual(['first station hook'])
    scene.change({ type: 'raised', ...lost, alarm: 'other.no-data', priority: 'low' })
    const worse = { type: 'level-changed', ...lost, alarm: 'other.no-data', priority: 'urgent' } as const
    expect(scene.change(worse)).toEqual(['first station hook'])
  })
})
