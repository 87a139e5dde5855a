/** The control desk over HTTP, for this machine alone: it has no accounts, so nobody else may reach it, no web page either. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ControlAnswer, ControlRefusal } from './control-answer.ts'
import { ControlDesk, type ControlDeskOptions } from './control-desk.ts'

export const DEFAULT_CONTROL_PORT = 7420

const HOST = '127.0.0.1'
const MAX_BODY_BYTES = 16 * 1024
const MAX_HEADER_BYTES = 8 * 1024
const MAX_CONNECTIONS = 32
const REQUEST_TIMEOUT_MS = 5000

export interface ControlServerOptions extends ControlDeskOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number
}

export class ControlServer {
  readonly #port: number
  readonly #desk: ControlDesk
  readonly #server: Server

  constructor({ port, ...options }: ControlServerOptions) {
    this.#port = port
    this.#desk = new ControlDesk(options)
    const limits = {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    }
    this.#server = createServer(limits)
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('request', (request, response) => void this.#serve(request, response))
  }

  /** Rejects when the port cannot be taken. */
  async start(): Promise<void> {
    this.#server.listen(this.#port, HOST)
    await once(this.#server, 'listening')
  }

  /** Idempotent; cuts what is still open. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo | null)?.port ?? this.#port}`
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, body, allow } = await this.#answer(request)
      const text = `${JSON.stringify(body)}\n`
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...(allow !== undefined && { allow }),
        // What was not read of it would be taken for the next request.
        ...(status !== 200 && { connection: 'close' }),
      })
      response.end(text)
    } catch {
      // The asker went away in the middle.
      response.destroy()
    }
  }

  async #answer(request: IncomingMessage): Promise<ControlAnswer> {
    const method = request.method ?? ''
    try {
      this.#checkAsker(request)
      const isChange = method === 'POST' || method === 'PUT'
      if (isChange && !/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
        throw new ControlRefusal(415, `${method} needs the header content-type: application/json`)
      }
      const body = await readBody(request)
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      return await this.#desk.answer({ method, path, body })
    } catch (error) {
      if (error instanceof ControlRefusal) return error.answer
      throw error
    }
  }

  /** A name that somebody else's DNS sends to this machine is not ours, and a page in a browser is no tester. */
  #checkAsker({ headers }: IncomingMessage): void {
    const { port } = this.#server.address() as AddressInfo
    const names = [`${HOST}:${port}`, `localhost:${port}`]
    if (!names.includes((headers.host ?? '').toLowerCase())) {
      throw new ControlRefusal(
        403,
        `expected the host ${names[0]}, got ${JSON.stringify((headers.host ?? '').slice(0, 100))}`,
      )
    }
    if (headers.origin !== undefined || /^(cross-site|same-site)$/.test(String(headers['sec-fetch-site'] ?? ''))) {
      throw new ControlRefusal(403, 'web pages may not control the simulator')
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const tooLong = new ControlRefusal(413, `expected at most ${MAX_BODY_BYTES} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLong
  const chunks: Buffer[] = []
  let size = 0
  // Kept open after an early end, so that the asker still gets its answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw tooLong
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
