/** The gateways below and above: who they are, what they tell, and the orders between them. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Ajv } from 'ajv'
import type { Alarm, CommandAction } from '../alarm-model.ts'
import { type ChildConfig, childDeviceId } from '../config/config.ts'
import * as alarmSchemas from '../http/alarm-schemas.ts'
import type { AlarmView, ChildrenView } from '../http/child-view.ts'
import type { CommandAnswer, CommandRequest, HealthCheck } from '../http/gateway-view.ts'
import type { Journal, JournalStart } from '../journal/journal-types.ts'
import type { Clock, Log } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { SelfMeasurement } from '../sources/self.ts'
import { Children } from '../upstream/children.ts'
import { OrderDesk } from '../upstream/order-desk.ts'
import { refusals } from '../upstream/refusal-texts.ts'
import type { Order, OrderRefusal, SentOrder } from '../upstream-model.ts'
import type { Above } from './delivery-part.ts'

/** Of one event, as JSON. */
const MAX_EVENT_CHARACTERS = 32_768

export interface UpstreamParts {
  readonly gatewayId: string
  readonly journal: Journal
  readonly pipeline: () => Pipeline
  readonly clock: Clock
  readonly log: Log
}

export class UpstreamRoom {
  readonly children: Children
  readonly above: Above
  readonly view: ChildrenView
  readonly #parts: UpstreamParts
  #tokens: ReadonlyMap<string, Buffer> = new Map()

  constructor(parts: UpstreamParts) {
    const { gatewayId, journal, clock, log } = parts
    this.#parts = parts
    const ways = new Map<string, readonly string[]>()
    const children = new Children({
      ...{ gateway: gatewayId, shapeProblem, clock, log },
      journal: {
        commit: (outcome) => journal.commit(outcome),
        recordOrder: (order) => journal.recordOrder(order),
        carriedOut: (orders) => journal.carriedOut(orders),
        unsavedEvents: () => journal.stats().unsavedEvents,
      },
      above: () => [...new Set([...ways.values()].flat())],
    })
    const desk = new OrderDesk({
      carriedOut: (orders) => journal.carriedOut(orders),
      carryOut: (order) => this.#carryOut(order),
      relay: (order) => children.relay(order),
      isBelow: (alarmId) => children.alarm(alarmId) !== undefined,
      log,
    })
    children.onOrder((order) => desk.relayed(order))
    this.children = children
    this.above = { desk, ways }
    this.view = {
      list: () => children.status(),
      admits: (child, token) => this.#admits(child, token),
      takeEvents: (child, batch) => children.takeEvents(child, batch),
      takeReport: (child, report, signal) => children.takeReport(child, report, signal),
    }
  }

  restore(start: Pick<JournalStart, 'fromBelow' | 'orders'>): Promise<void> {
    return this.children.restore(start)
  }

  setChildren(children: readonly ChildConfig[]): void {
    this.#tokens = new Map(children.map(({ id, token }) => [id, digest(token)]))
    this.children.setChildren(children)
  }

  *alarms(): Iterable<AlarmView> {
    for (const alarm of this.children.alarms()) yield this.#withOrder(alarm)
  }

  alarm(id: string): AlarmView | undefined {
    const alarm = this.children.alarm(id)
    return alarm && this.#withOrder(alarm)
  }

  /** An alarm of a gateway below: the answer says that it is on its way. */
  async command({ alarmId, by, comment, ...action }: CommandRequest): Promise<CommandAnswer> {
    const answer = await this.children.command({ alarmId, by, comment, action: action as CommandAction })
    if (!answer.ok) return { ok: false, refusal: answer.refusal.code, message: answer.refusal.message }
    const alarm = this.alarm(alarmId)
    if (alarm === undefined) return { ok: false, refusal: 'unknown-alarm', message: refusals.unknownAlarm.message }
    return { ok: true, alarm }
  }

  /** Tells of every row whose order has changed. */
  onOrder(listener: (alarm: AlarmView) => void): () => void {
    return this.children.onOrder(({ child, alarmId }) => {
      const alarm = this.alarm(`${child}:${alarmId}`)
      if (alarm !== undefined) listener(alarm)
    })
  }

  *measure(): Iterable<SelfMeasurement> {
    for (const { id, state, behind, lostEvents, refusedEvents } of this.children.status()) {
      // Before it is missed, nothing is known.
      if (state === 'never-heard') continue
      const values = {
        silent: state === 'silent' ? 1 : 0,
        behind: behind ? 1 : 0,
        'lost-events': lostEvents + refusedEvents,
      }
      yield { deviceId: childDeviceId(id), values }
    }
  }

  checks(): readonly HealthCheck[] {
    return this.children.status().map(({ id, state, behind }) => ({
      name: `gateway ${id}`,
      ok: state !== 'silent' && !behind,
      detail: state === 'silent' ? 'is silent' : behind ? 'has told of events that did not come' : 'speaks',
    }))
  }

  tick(): void {
    this.children.tick()
  }

  stop(): Promise<void> {
    return this.children.stop()
  }

  async #carryOut({ id, alarmId, action, by, comment }: SentOrder): Promise<OrderRefusal | null> {
    const { pipeline, journal, clock } = this.#parts
    const result = pipeline().command({ ...action, alarmId, by, comment, at: clock.now() })
    if (!result.ok) return { code: result.refusal, message: result.message }
    const { readings, events } = result.outcome
    // As for a person here: a disk that refuses does not undo it, and the event waits in memory with its order.
    await journal.commit({ readings, events: events.map((event) => ({ ...event, order: id })) }).catch(() => {})
    return null
  }

  #admits(child: string, token: string): boolean {
    const known = this.#tokens.get(child)
    // An unknown gateway takes as long as a wrong token.
    const isRight = timingSafeEqual(known ?? NOBODY, digest(token))
    return isRight && known !== undefined
  }

  #withOrder(alarm: Alarm): AlarmView {
    const order = this.children.orderAbout(alarm.id)
    if (order === undefined || !isWorthTelling(order, alarm)) return alarm
    const { id, action, by, comment, at, state, refusal } = order
    return { ...alarm, order: { id, type: action.type, by, comment, at, state, refusal: refusal?.message ?? null } }
  }
}

const NOBODY = digest('')

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** What was not done is told until the alarm says something newer. */
function isWorthTelling({ state, at }: Order, { path = [] }: Alarm): boolean {
  if (state === 'done') return false
  return state === 'pending' || (path.at(-1)?.receivedAt ?? 0) <= at
}

const isEvent = new Ajv({ allErrors: false, strict: false }).compile(alarmSchemas.AlarmEvent)

function shapeProblem(event: unknown): string | null {
  if (!isEvent(event)) {
    const { instancePath = '', message = 'is not valid' } = isEvent.errors?.[0] ?? {}
    return `expected an alarm event that this version knows: ${instancePath === '' ? 'it' : instancePath} ${message}`
  }
  const { length } = JSON.stringify(event)
  return length > MAX_EVENT_CHARACTERS ? `expected at most ${MAX_EVENT_CHARACTERS} characters, got ${length}` : null
}
