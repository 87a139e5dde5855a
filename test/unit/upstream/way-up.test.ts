/**
 * The whole way between two gateways, with their journals in memory: whatever is lost, repeated, killed or set back to an older disk,
 * the gateway above has what the one below has told, once and in order, and the same alarms.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AlarmEvent } from '../../../gateway/alarm-model.ts'
import { DeliveryError } from '../../../gateway/delivery-model.ts'
import { OutpostSink, type ParentTransport } from '../../../gateway/sinks/outpost.ts'
import { ChildIntake } from '../../../gateway/upstream/child-intake.ts'
import { alarmEvent } from '../../support/alarm-events.ts'

const NOW = Date.UTC(2026, 8, 1, 9)
const ALARMS = ['a.x', 'b.x', 'c.x']
const SIGNAL = new AbortController().signal

/** What is on disk is an array; a run that is killed begins again from it. */
class Pair {
  /** Of the gateway below. */
  told: AlarmEvent[] = []
  /** Of the gateway above. */
  kept: AlarmEvent[] = []
  cursor = 0
  epoch = 1
  /** Of the next exchanges: lost on its way there, or its answer on the way back. */
  losses: ('request' | 'answer' | null)[] = []
  #names = 0
  #intake = this.#openIntake()
  #sink = this.#openSink()

  tell(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#names += 1
      const seq = this.told.length + 1
      const id = ALARMS[this.#names % ALARMS.length] as string
      const event = alarmEvent(seq, { gateway: 'station', id: `station-${seq}-${this.#names}` })
      this.told.push({ ...event, alarm: { ...event.alarm, id, occurrence: this.#names } })
    }
  }

  killBelow(): void {
    this.#sink = this.#openSink()
  }

  killAbove(): void {
    this.#intake = this.#openIntake()
  }

  setBackAbove(count: number): void {
    this.kept = this.kept.slice(0, Math.max(0, this.kept.length - count))
    this.killAbove()
  }

  setBackBelow(count: number): void {
    this.told = this.told.slice(0, Math.max(0, this.told.length - count))
    this.cursor = Math.min(this.cursor, this.told.length)
    this.killBelow()
  }

  /** As the loop of the delivery does it: one attempt. */
  async deliver(): Promise<void> {
    const batch = this.told.slice(this.cursor, this.cursor + 3)
    try {
      await this.#sink.write(batch, SIGNAL)
      this.cursor = batch.at(-1)?.seq ?? this.cursor
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
    }
  }

  async heartbeat(): Promise<void> {
    const { known } = this.#intake
    await this.#sink.noteKnown(known?.epoch === this.epoch ? known : null, SIGNAL).catch(() => {})
  }

  async settle(): Promise<void> {
    this.losses = []
    await this.heartbeat()
    while (this.cursor < this.told.length) await this.deliver()
    await this.heartbeat()
  }

  rows(): unknown {
    return Object.fromEntries([...this.#intake.alarms()].map(({ id, occurrence }) => [id, occurrence]))
  }

  #openIntake(): ChildIntake {
    const last = new Map(this.kept.map((event) => [event.alarm.id, event]))
    return new ChildIntake({
      ...{ gateway: 'centre', child: 'station', isOthers: () => false, shapeProblem: () => null },
      kept: [...last.values()].sort((a, b) => a.seq - b.seq),
    })
  }

  #openSink(): OutpostSink {
    const transport: ParentTransport = {
      events: (batch) => {
        const loss = this.losses.shift() ?? null
        if (loss === 'request') return Promise.reject(new DeliveryError('unreachable', 'lost'))
        const intake = this.#intake.take(batch, NOW)
        if (intake.type === 'taken') {
          for (const draft of intake.drafts)
            this.kept.push({ seq: this.kept.length + 1, gateway: 'centre', id: '', ...draft })
        }
        if (loss === 'answer') return Promise.reject(new DeliveryError('unreachable', 'lost'))
        return Promise.resolve({ type: intake.type, answer: { gateway: 'centre', known: this.#intake.known } })
      },
      report: () => Promise.reject(new Error('not asked')),
      stop: () => Promise.resolve(),
    }
    return new OutpostSink({
      ...{
        id: 'centre',
        gateway: 'station',
        transport,
        ...{ maxBatch: 3, maxCharacters: 3000 },
        passedOver: (_, { problem }) => expect.fail(problem),
      },
      journal: {
        epoch: () => this.epoch,
        beginEpoch: () => {
          this.epoch += 1
          return Promise.resolve(this.epoch)
        },
        beforeOpenAlarms: () => 0,
        lastSeq: () => this.told.length,
        read: (after, limit) => Promise.resolve(this.told.slice(after, after + limit)),
        cursor: () => Promise.resolve(this.cursor),
      },
    })
  }
}

const loss = fc.array(fc.constantFrom('request' as const, 'answer' as const, null), { maxLength: 3 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), losses: loss }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tell' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill-below' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill-above' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), losses: loss }) },
)
const setBackAbove = fc.record({ do: fc.constant('set-back-above' as const), count: fc.integer({ min: 1, max: 6 }) })
const setBackBelow = fc.record({ do: fc.constant('set-back-below' as const), count: fc.integer({ min: 1, max: 6 }) })
type StepOf<A> = A extends fc.Arbitrary<infer S> ? S : never
type Step = StepOf<typeof step> | StepOf<typeof setBackAbove> | StepOf<typeof setBackBelow>

async function walk(pair: Pair, steps: readonly Step[]): Promise<void> {
  for (const one of steps) {
    if ('losses' in one) pair.losses = [...one.losses]
    switch (one.do) {
      case 'deliver':
        await pair.deliver()
        break
      case 'heartbeat':
        await pair.heartbeat()
        break
      case 'tell':
        pair.tell(one.count)
        break
      case 'kill-below':
        pair.killBelow()
        break
      case 'kill-above':
        pair.killAbove()
        break
      case 'set-back-above':
        pair.setBackAbove(one.count)
        break
      case 'set-back-below':
        pair.setBackBelow(one.count)
        break
    }
  }
  await pair.settle()
}

const idsOf = (events: readonly AlarmEvent[]): string[] => events.map(({ id }) => id)
const rowsOf = (events: readonly AlarmEvent[]): unknown =>
  Object.fromEntries(events.map(({ alarm: { id, occurrence } }) => [`station:${id}`, occurrence]))

test('losses, repetitions, kills of either side and an older disk above: the same events, once each, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 10, arbitrary: step }, setBackAbove), { maxLength: 30 }),
      async (steps) => {
        const pair = new Pair()
        await walk(pair, steps)
        expect(idsOf(pair.kept)).toEqual(idsOf(pair.told))
        expect(pair.rows()).toEqual(rowsOf(pair.told))
      },
    ),
    { numRuns: 300 },
  )
})

test('an older disk below: nothing that it tells from then on is missing, and the alarms are those that it has', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 10, arbitrary: step }, setBackAbove, setBackBelow), { maxLength: 30 }),
      async (steps) => {
        const pair = new Pair()
        await walk(pair, [...steps, { do: 'tell', count: 3 }])
        const kept = new Set(idsOf(pair.kept))
        expect(idsOf(pair.told).filter((id) => !kept.has(id))).toEqual([])
        expect(pair.rows()).toMatchObject(rowsOf(pair.told) as object)
      },
    ),
    { numRuns: 300 },
  )
})
