/**
 * Brings alarm events to the gateway above. What that one has decides what is sent: where it lacks something, because an answer
 * was lost, or it was set back to an older disk, that is read from the journal again. Where it has something under our numbers that
 * we do not have, we were set back ourselves, and the numbers go on in a new epoch.
 */
import type { AlarmEvent } from '../alarm-model.ts'
import { DeliveryError, type Sink } from '../delivery-model.ts'
import type { EventAnswer, EventBatch, Known, PassedOver, Report, ReportAnswer } from '../upstream-model.ts'

/** How batches and reports travel. Failures are `DeliveryError`s. */
export interface ParentTransport {
  events(
    batch: EventBatch,
    signal: AbortSignal,
  ): Promise<{ readonly type: 'taken' | 'gap'; readonly answer: EventAnswer }>
  /** Waits for the answer so much longer than `report.waitMs` as for any other. */
  report(report: Report, signal: AbortSignal): Promise<ReportAnswer>
  stop(): Promise<void>
}

export interface OutpostSinkOptions {
  readonly id: string
  /** Id of this gateway. */
  readonly gateway: string
  readonly transport: ParentTransport
  readonly journal: {
    epoch(): number
    beginEpoch(): Promise<number>
    beforeOpenAlarms(): number
    lastSeq(): number
    /** Events above that number, in order; older ones may be gone. */
    read(afterSeq: number, limit: number): Promise<readonly AlarmEvent[]>
    /** What is done with already. */
    cursor(): Promise<number>
  }
  /** An event that the gateway above does not take, now or ever. */
  readonly passedOver: (item: AlarmEvent | undefined, passedOver: PassedOver) => void
  /** Default 100. */
  readonly maxBatch?: number
  /** Of the events in one request, as JSON; as many as there are if absent. */
  readonly maxCharacters?: number
}

type Posted = Pick<EventBatch, 'after' | 'first' | 'events'>
type Reply = Awaited<ReturnType<ParentTransport['events']>>

export class OutpostSink implements Sink<AlarmEvent> {
  readonly id: string
  readonly maxBatch: number
  readonly #options: OutpostSinkOptions
  /** One conversation at a time. */
  #turn: Promise<unknown> = Promise.resolve()
  /** What the gateway above has is what we have: asked once in each run, for only while it is off a gateway is set back. */
  #isVerified = false
  #confirmed: number | null = null

  constructor(options: OutpostSinkOptions) {
    this.id = options.id
    this.maxBatch = options.maxBatch ?? 100
    this.#options = options
  }

  write(batch: readonly AlarmEvent[], signal: AbortSignal): Promise<void> {
    const [first, last] = [batch[0], batch.at(-1)]
    if (first === undefined || last === undefined) return Promise.resolve()
    return this.#inTurn(async () => {
      if (!this.#isVerified) await this.#verify(first.seq - 1, signal)
      const { type, answer } = await this.#post({ events: batch, after: first.seq - 1, first: false }, signal)
      if (type === 'gap') await this.#fill(answer.known, { upTo: last.seq, signal })
      this.#confirmed = last.seq
    })
  }

  /** From the answer to a report. Resolves when the gateway above has again what it once had. */
  async noteKnown(known: Known | null, signal: AbortSignal): Promise<void> {
    const { journal } = this.#options
    this.#confirmed ??= await journal.cursor()
    if (this.#isVerified && known !== null && known.seq >= this.#confirmed) return
    await this.#inTurn(async () => {
      const upTo = this.#confirmed ?? 0
      if (!this.#isVerified) await this.#verify(upTo, signal)
      else await this.#fill(known, { upTo, signal })
    })
  }

  stop(): Promise<void> {
    return this.#options.transport.stop()
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  async #verify(after: number, signal: AbortSignal): Promise<void> {
    const { type, answer } = await this.#post({ events: [], after, first: false }, signal)
    const known = answer.known?.epoch === this.#options.journal.epoch() ? answer.known : null
    if (type === 'gap' || (await this.#isForeign(known))) await this.#fill(known, { upTo: after, signal })
    this.#isVerified = true
  }

  /** Everything behind `known` up to `upTo` and whatever else is there by then. */
  async #fill(
    known: Known | null,
    { upTo, signal }: { readonly upTo: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { journal } = this.#options
    let start = known?.epoch === journal.epoch() ? known : null
    if (await this.#isForeign(start)) {
      await journal.beginEpoch()
      start = null
    }
    let after = start?.seq ?? Math.min(journal.beforeOpenAlarms(), await journal.cursor())
    let isFirst = start === null
    do {
      const events = await journal.read(after, this.maxBatch)
      // Where the journal no longer has what is lacking, the gap has to stay.
      const from = (events[0]?.seq ?? Math.max(after, upTo) + 1) - 1
      const { type } = await this.#post({ events, after: from, first: isFirst || from > after }, signal)
      if (type === 'gap')
        throw new DeliveryError('unreachable', 'the gateway above has lost again what it had just got')
      isFirst = false
      after = events.at(-1)?.seq ?? Math.max(from, upTo)
    } while (after < upTo)
  }

  /** Under that number it has another event than we do. */
  async #isForeign(known: Known | null): Promise<boolean> {
    if (known === null) return false
    const { journal } = this.#options
    if (known.seq > journal.lastSeq()) return true
    if (known.id === null) return false
    const [event] = await journal.read(known.seq - 1, 1)
    return event?.seq === known.seq && event.id !== known.id
  }

  async #post(batch: Posted, signal: AbortSignal): Promise<Reply> {
    const { maxCharacters } = this.#options
    const parts = maxCharacters === undefined ? [batch] : partsOf(batch, maxCharacters)
    for (const part of parts.slice(0, -1)) {
      const reply = await this.#postPart(part, signal)
      if (reply.type === 'gap') return reply
    }
    return await this.#postPart(parts.at(-1) ?? batch, signal)
  }

  async #postPart(batch: Posted, signal: AbortSignal): Promise<Reply> {
    const { gateway, journal, transport } = this.#options
    const reply = await transport.events({ version: 1, gateway, epoch: journal.epoch(), ...batch }, signal)
    refuseLoop(gateway, [reply.answer.gateway])
    for (const passedOver of reply.answer.passedOver ?? []) {
      this.#options.passedOver(batch.events[passedOver.seq - batch.after - 1], passedOver)
    }
    return reply
  }
}

/** At least one event in each, and none longer than that if it has more. */
function partsOf({ events, after, first }: Posted, maxCharacters: number): readonly Posted[] {
  const parts: { after: number; first: boolean; events: AlarmEvent[] }[] = [{ after, first, events: [] }]
  let room = maxCharacters
  for (const event of events) {
    const { length } = JSON.stringify(event)
    const last = parts.at(-1)
    if (last === undefined || (length > room && last.events.length > 0)) {
      parts.push({ after: event.seq - 1, first: false, events: [event] })
      room = maxCharacters - length
    } else {
      last.events.push(event)
      room -= length
    }
  }
  return parts
}

/** A gateway above itself would tell itself the same for ever. */
export function refuseLoop(gateway: string, above: readonly string[]): void {
  if (!above.includes(gateway)) return
  const way = [gateway, ...above].join(' → ')
  throw new DeliveryError(
    'refused',
    `expected a tree of gateways, got a loop: ${way}; correct the sinks of one of them`,
  )
}
