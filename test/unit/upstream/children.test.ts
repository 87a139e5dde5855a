/** Gateways below: whether they live, how much they may say, and orders that are carried out once whatever is lost on their way. */
import { expect, test } from 'vitest'
import type { AlarmEvent, AlarmEventDraft } from '../../../gateway/alarm-model.ts'
import { Children, type ChildrenParts } from '../../../gateway/upstream/children.ts'
import { OrderDesk } from '../../../gateway/upstream/order-desk.ts'
import type { EventBatch, Order, OrderRefusal, Report, SentOrder } from '../../../gateway/upstream-model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const NEVER = new AbortController().signal
const ALARM = 'station:culvert-level.level'

/** A gateway with what it has on disk; `open` begins a new run from it. */
function gatewayAbove() {
  const clock = new FakeClock()
  const disk = { events: [] as AlarmEvent[], orders: new Map<string, Order>(), refuses: false, unsaved: 0 }
  const journal: ChildrenParts['journal'] = {
    commit({ events }) {
      const numbered = events.map((draft: AlarmEventDraft, i) => ({
        seq: disk.events.length + i + 1,
        gateway: 'centre',
        id: 'own',
        ...draft,
      }))
      if (disk.refuses) return Promise.reject(new Error('disk full'))
      disk.events.push(...numbered)
      return Promise.resolve(numbered)
    },
    recordOrder(order) {
      if (disk.refuses) return Promise.reject(new Error('disk full'))
      disk.orders.set(order.id, order)
      return Promise.resolve()
    },
    carriedOut: (orders) => Promise.resolve(orders.filter((id) => disk.events.some(({ order }) => order === id))),
    unsavedEvents: () => disk.unsaved,
  }
  const open = async (): Promise<Children> => {
    const children = new Children({
      ...{
        gateway: 'centre',
        journal,
        shapeProblem: () => null,
        above: () => ['bureau'],
        clock,
        log: createMemoryLog(),
      },
    })
    const last = new Map(disk.events.map((event) => [event.alarm.id, event]))
    await children.restore({ fromBelow: [...last.values()], orders: [...disk.orders.values()] })
    children.setChildren([{ id: 'station', silentAfterMs: null }])
    return children
  }
  return { clock, disk, open }
}

const batch = (after: number, change: Partial<AlarmEvent> = {}, count = 1): EventBatch => ({
  ...{ version: 1, gateway: 'station', epoch: 7, after, first: after === 0 },
  events: Array.from({ length: count }, (_, i) => {
    const seq = after + 1 + i
    return alarmEvent(seq, { gateway: 'station', id: `station-${seq}`, ...change })
  }),
})

const report = (clock: FakeClock, change: Partial<Report> = {}): Report => ({
  ...{ version: 1, type: 'heartbeat', gateway: 'station', station: 'longtian', time: clock.now().wall, startedAt: 1 },
  ...{ intervalMs: 10_000, health: 'ok', lastSeq: 0, epoch: 7, orders: [], refused: [], waitMs: 0 },
  ...change,
})

const acknowledge = { alarmId: ALARM, action: { type: 'acknowledge' }, by: '王', comment: null } as const

test('a gateway is missed after three of its heartbeats, at first after a minute and a half, and is back when it speaks', async () => {
  const { clock, open } = gatewayAbove()
  const children = await open()
  const state = () => children.status()[0]?.state
  expect(state()).toBe('never-heard')
  await clock.advance(90_001)
  expect(state()).toBe('silent')
  await children.takeReport('station', report(clock), NEVER)
  expect(state()).toBe('ok')
  await clock.advance(30_000)
  expect(state()).toBe('ok')
  await clock.advance(1)
  expect(state()).toBe('silent')
  children.setChildren([{ id: 'station', silentAfterMs: 60_000 }])
  expect(state()).toBe('ok')
})

test('its clock is shown and judges nothing', async () => {
  const { clock, open } = gatewayAbove()
  const children = await open()
  await children.takeReport('station', report(clock, { time: 0 }), NEVER)
  expect(children.status()[0]).toMatchObject({
    state: 'ok',
    clockOffsetMs: -clock.now().wall,
    lastHeardAt: clock.now().wall,
  })
})

test('who has told of events that do not come is behind, but not while they come', async () => {
  const { clock, open } = gatewayAbove()
  const children = await open()
  const tell = () => children.takeReport('station', report(clock, { lastSeq: 10 }), NEVER)
  await children.takeEvents('station', batch(0))
  await tell()
  await clock.advance(50_000)
  await children.takeEvents('station', batch(1))
  await tell()
  await clock.advance(50_000)
  expect(children.status()[0]?.behind).toBe(false)
  await clock.advance(10_001)
  expect(children.status()[0]).toMatchObject({ behind: true, lastSeq: 2 })
  await children.takeEvents('station', batch(2, {}, 8))
  expect(children.status()[0]?.behind).toBe(false)
})

test('a flood is held back, and what a disk does not take is confirmed only when it is there', async () => {
  const { clock, disk, open } = gatewayAbove()
  const children = await open()
  for (let after = 0; after < 5000; after += 500) await children.takeEvents('station', batch(after, {}, 500))
  expect(await children.takeEvents('station', batch(5000, {}, 500))).toMatchObject({ type: 'busy', waitMs: 1000 })
  await clock.advance(1000)
  expect(await children.takeEvents('station', batch(5000, {}, 500))).toMatchObject({ type: 'taken' })
  await clock.advance(1000)
  disk.refuses = true
  disk.unsaved = 1
  expect(await children.takeEvents('station', batch(5500))).toMatchObject({ type: 'busy' })
  disk.refuses = false
  expect(await children.takeEvents('station', batch(5500))).toMatchObject({ type: 'busy' })
  disk.unsaved = 0
  expect(await children.takeEvents('station', batch(5500))).toMatchObject({
    type: 'taken',
    answer: { known: { seq: 5501 } },
  })
})

test('an order waits for the gateway below over a restart here, and is done with the event that says so', async () => {
  const { clock, disk, open } = gatewayAbove()
  let children = await open()
  await children.takeEvents('station', batch(0))
  const given = await children.command(acknowledge)
  const order = given.ok ? given.order : expect.fail('refused')
  expect(order).toMatchObject({
    by: '王 (at centre)',
    child: 'station',
    alarmId: 'culvert-level.level',
    state: 'pending',
  })
  children = await open()
  await clock.advance(60_000)
  const { orders, above } = await children.takeReport('station', report(clock), NEVER)
  expect(orders).toMatchObject([{ id: order.id, action: { type: 'acknowledge' }, expiresInMs: 540_000 }])
  expect(above).toEqual(['bureau'])
  // Got, and asked again before its event has come.
  expect((await children.takeReport('station', report(clock, { orders: [order.id] }), NEVER)).orders).toEqual([])
  await children.takeEvents('station', batch(1, { type: 'acknowledged', order: order.id }))
  expect(children.order(order.id)?.state).toBe('done')
  // The power failed between the event and the order.
  disk.orders.set(order.id, order)
  children = await open()
  expect((await children.takeReport('station', report(clock), NEVER)).orders).toEqual([])
})

test('an order that nobody answers expires; one that is refused below is refused here, with the reason', async () => {
  const { clock, open } = gatewayAbove()
  const children = await open()
  await children.takeEvents('station', batch(0))
  await children.command(acknowledge)
  await clock.advance(600_000)
  children.tick()
  expect(children.orderAbout(ALARM)).toMatchObject({ state: 'expired' })
  const second = await children.command(acknowledge)
  const refusal: OrderRefusal = { code: 'nothing-to-acknowledge', message: { zh: '无', en: 'nothing' } }
  const id = second.ok ? second.order.id : ''
  expect((await children.takeReport('station', report(clock, { refused: [{ id, refusal }] }), NEVER)).settled).toEqual([
    id,
  ])
  expect(children.orderAbout(ALARM)).toMatchObject({ id, state: 'refused', refusal })
})

test('what is no alarm of a gateway below, or is done only at the place, is refused at once', async () => {
  const { open } = gatewayAbove()
  const children = await open()
  await children.takeEvents('station', batch(0))
  const refusalOf = async (wish: Partial<typeof acknowledge> | object): Promise<string> => {
    const answer = await children.command({ ...acknowledge, ...wish })
    return answer.ok ? 'given' : answer.refusal.code
  }
  expect(await refusalOf({ alarmId: 'station:other.level' })).toBe('unknown-alarm')
  expect(await refusalOf({ action: { type: 'take-out-of-service' } })).toBe('not-from-above')
  children.setChildren([])
  expect(await refusalOf({})).toBe('unreachable')
})

test('a report waits for an order, and no longer than it says', async () => {
  const { clock, open } = gatewayAbove()
  const children = await open()
  await children.takeEvents('station', batch(0))
  const asking = children.takeReport('station', report(clock, { waitMs: 20_000 }), NEVER)
  await children.command(acknowledge)
  expect((await asking).orders).toHaveLength(1)
  const [order] = (await asking).orders
  const inVain = children.takeReport('station', report(clock, { waitMs: 20_000, orders: [order?.id ?? ''] }), NEVER)
  await Promise.resolve()
  await clock.advance(20_000)
  expect((await inVain).orders).toEqual([])
})

const SENT: SentOrder = {
  ...acknowledge,
  id: 'bureau-o1',
  alarmId: 'a.x',
  action: { type: 'acknowledge' },
  expiresInMs: 1000,
}

function desk(change: Partial<ConstructorParameters<typeof OrderDesk>[0]> = {}) {
  const done: string[] = []
  const made = new OrderDesk({
    carriedOut: () => Promise.resolve([]),
    carryOut: ({ id }) => {
      done.push(id)
      return Promise.resolve(null)
    },
    relay: () => Promise.resolve({ ok: false, refusal: { code: 'unknown-alarm', message: { zh: '无', en: 'none' } } }),
    isBelow: (alarmId) => alarmId.includes(':'),
    log: createMemoryLog(),
    ...change,
  })
  return { made, done }
}

test('an order from above is carried out once: sent twice at a time, again later, and again after a restart', async () => {
  const { made, done } = desk()
  await Promise.all([made.take([SENT]), made.take([SENT])])
  await made.take([SENT])
  expect(done).toEqual(['bureau-o1'])
  expect(made.report()).toEqual({ orders: ['bureau-o1'], refused: [] })
  const next = desk({ carriedOut: (ids) => Promise.resolve(ids) })
  await next.made.take([SENT])
  expect(next.done).toEqual([])
})

test('what is not done is reported until it is settled; whether it was done must be known first', async () => {
  const { made } = desk()
  let told = 0
  made.onRefused(() => {
    told += 1
  })
  await made.take([{ ...SENT, alarmId: 'deep:a.x' }])
  expect(made.report().refused).toMatchObject([{ id: 'bureau-o1', refusal: { code: 'unknown-alarm' } }])
  expect(told).toBe(1)
  made.settle(['bureau-o1'])
  expect(made.report()).toEqual({ orders: ['bureau-o1'], refused: [] })
  const blind = desk({ carriedOut: () => Promise.reject(new Error('disk')) })
  await blind.made.take([SENT])
  expect([blind.done, blind.made.report().orders]).toEqual([[], []])
})

test('an order that was handed on is reported when it is refused or expires further below', async () => {
  const order: Order = {
    ...{ id: SENT.id, child: 'deep', alarmId: 'a.x', action: { type: 'acknowledge' }, by: '王', comment: null },
    ...{ at: 0, expiresAt: 1, state: 'pending', refusal: null },
  }
  const { made } = desk({ relay: () => Promise.resolve({ ok: true, order }) })
  await made.take([{ ...SENT, alarmId: 'deep:a.x' }])
  expect(made.report().refused).toEqual([])
  made.relayed({ ...order, state: 'expired' })
  expect(made.report().refused).toMatchObject([{ id: SENT.id, refusal: { code: 'unreachable' } }])
})
