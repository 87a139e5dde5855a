/**
 * A small dispatch layer for the demo and for tests: takes the gateway's signed webhooks and shows one line per alarm
 * event, and one when a gateway that sends heartbeats falls silent. Knows the gateway by its documented messages only.
 *
 *   OUTPOST_WEBHOOK_SECRET=… node simulator/dispatch-receiver.ts      port: OUTPOST_RECEIVER_PORT, default 8090
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DispatchedEvent, eventLine, parseEvent } from './dispatch-event.ts'
import { signatureProblem } from './dispatch-signature.ts'
import { createHeartbeatWatch, type Heartbeat, type HeartbeatWatch, parseHeartbeat } from './heartbeat-watch.ts'

const MAX_BODY_BYTES = 256 * 1024
/** How many events are remembered; an id older than that would be taken for new. */
const REMEMBERED = 10_000
const REQUEST_TIMEOUT_MS = 10_000

export interface DispatchReceiverOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** Key of the signatures, shared with the gateway. */
  readonly secret: string
  /** Called with each line for people. */
  readonly print: (line: string) => void
  readonly colours?: boolean
}

export interface DispatchReceiver {
  /** Rejects when the port cannot be taken. */
  start(): Promise<void>
  /** Idempotent; cuts what is still open. */
  stop(): Promise<void>
  /** The port it listens on; 0 before `start`. */
  readonly port: number
  /** Each event once, in the order of arrival; the oldest are forgotten. */
  readonly events: readonly DispatchedEvent[]
  readonly counters: { readonly duplicates: number; readonly missing: number; readonly refused: number }
  /** The last heartbeat of each gateway. */
  readonly heartbeats: ReadonlyMap<string, Heartbeat>
}

export function createDispatchReceiver(options: DispatchReceiverOptions): DispatchReceiver {
  if (options.secret === '')
    throw new Error('the dispatch receiver needs a secret; with an empty one anyone could sign')
  return new Receiver(options)
}

class Receiver implements DispatchReceiver {
  readonly #options: DispatchReceiverOptions
  readonly #server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS })
  readonly #ids = new Set<string>()
  /** Highest number seen of each gateway. */
  readonly #lastSeq = new Map<string, number>()
  readonly events: DispatchedEvent[] = []
  readonly counters = { duplicates: 0, missing: 0, refused: 0 }
  readonly #watch: HeartbeatWatch

  constructor(options: DispatchReceiverOptions) {
    this.#options = options
    this.#watch = createHeartbeatWatch({ print: options.print })
    this.#server.on('request', (request, response) => void this.#answer(request, response))
  }

  get heartbeats(): ReadonlyMap<string, Heartbeat> {
    return this.#watch.last
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0
  }

  async start(): Promise<void> {
    this.#server.listen(this.#options.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    this.#watch.stop()
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, reason } = await this.#take(request)
      if (status !== 204) this.counters.refused++
      response.writeHead(status, { 'content-type': 'text/plain', ...(status === 413 && { connection: 'close' }) })
      response.end(reason)
    } catch {
      // The sender went away in the middle; it has no answer and comes again.
      response.destroy()
    }
  }

  async #take(request: IncomingMessage): Promise<{ readonly status: number; readonly reason?: string }> {
    if (request.method !== 'POST') return { status: 405, reason: 'POST an alarm event or a heartbeat' }
    const body = await readBody(request)
    if (body === null) return { status: 413, reason: `more than ${MAX_BODY_BYTES} bytes` }
    const problem = signatureProblem({ headers: request.headers, body }, { ...this.#options, now: Date.now() })
    if (problem !== null) return { status: 401, reason: problem }
    const heartbeat = parseHeartbeat(body.toString('utf8'))
    if (heartbeat !== null) {
      this.#watch.beat(heartbeat)
      return { status: 204 }
    }
    const event = parseEvent(body.toString('utf8'))
    if (event === null) return { status: 422, reason: 'the body is neither an alarm event nor a heartbeat' }
    if (request.headers['idempotency-key'] !== event.id) {
      return { status: 422, reason: 'idempotency-key is not the id of the event' }
    }
    this.#accept(event)
    return { status: 204 }
  }

  #accept(event: DispatchedEvent): void {
    // Delivered again because our answer got lost: confirmed again, told once.
    if (this.#ids.has(event.id)) {
      this.counters.duplicates++
      return
    }
    this.#noticeGap(event)
    this.#ids.add(event.id)
    this.events.push(event)
    if (this.events.length > REMEMBERED) this.#ids.delete((this.events.shift() as DispatchedEvent).id)
    this.#options.print(eventLine(event, { colours: this.#options.colours ?? false }))
  }

  /** The first number seen of a gateway may be any: its past belongs to somebody else. */
  #noticeGap({ gateway, seq }: DispatchedEvent): void {
    const last = this.#lastSeq.get(gateway)
    if (last !== undefined && seq > last + 1) {
      const missing = seq - last - 1
      this.counters.missing += missing
      this.#options.print(`缺少 ${missing} 条告警事件 missing alarm events: ${gateway} seq ${last + 1}..${seq - 1}`)
    }
    this.#lastSeq.set(gateway, Math.max(seq, last ?? 0))
  }
}

/** The whole body, or null where it is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  // Kept open after an early end, so that the sender still gets its answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Under a parent that shows our lines on its terminal, the parent says so by FORCE_COLOR. */
function wantsColours(): boolean {
  return process.env.FORCE_COLOR === '1' || process.stdout.isTTY === true
}

async function main(): Promise<void> {
  const secret = process.env.OUTPOST_WEBHOOK_SECRET ?? ''
  const port = Number(process.env.OUTPOST_RECEIVER_PORT ?? 8090)
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  const receiver = createDispatchReceiver({ port, secret, print, colours: wantsColours() })
  const stop = () => void receiver.stop()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  await receiver.start()
  print(`接收告警事件 receiving alarm events on http://127.0.0.1:${receiver.port}`)
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    const hint = code === 'EADDRINUSE' ? '; stop the other program or set OUTPOST_RECEIVER_PORT' : ''
    process.stderr.write(`dispatch receiver: ${message}${hint}\n`)
    process.exitCode = 1
  })
}
