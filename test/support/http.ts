/** A real HTTP server over a fake gateway, on a free port of the loopback interface. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../gateway/http/server.ts'
import type { Clock, Instant, Log } from '../../gateway/model.ts'
import { FakeGateway } from './fake-gateway.ts'

export interface Line {
  readonly level: string
  readonly facts: object
  readonly message: string
}

/** A log that remembers. */
export function memoryLog(): Log & { readonly lines: readonly Line[] } {
  const lines: Line[] = []
  const at = (level: string) => (facts: object, message: string) => {
    lines.push({ level, facts, message })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A clock that stands still until `advance`, which also runs what is due. */
export class HeldClock implements Clock {
  #now: Instant = { wall: 1_777_000_000_000, mono: 1000 }
  readonly #timers = new Set<{ readonly ms: number; next: number; readonly run: () => void }>()

  now(): Instant {
    return this.#now
  }

  every(ms: number, run: () => void): () => void {
    const timer = { ms, next: this.#now.mono + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  pause(): Promise<void> {
    return this.sleep()
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('nothing in the HTTP server sleeps'))
  }

  /** Steps of at most a second, so that each due run sees its own moment. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 1000) {
      const step = Math.min(left, 1000)
      this.#now = { wall: this.#now.wall + step, mono: this.#now.mono + step }
      for (const timer of this.#timers) {
        if (timer.next > this.#now.mono) continue
        timer.next += timer.ms
        timer.run()
      }
    }
  }
}

export interface TestServer {
  readonly server: HttpServer
  readonly gateway: FakeGateway
  readonly log: ReturnType<typeof memoryLog>
  readonly url: string
  readonly port: number
}

/** Folder with a page that stands for the built console. */
export function consoleFolder(): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'outpost-console-'))
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>console</title>')
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

export async function startTestServer(
  options: Partial<HttpServerOptions> & { gateway?: FakeGateway } = {},
): Promise<TestServer> {
  const { gateway = new FakeGateway(), ...rest } = options
  const log = memoryLog()
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    authentication: { type: 'anonymous-on-loopback' },
    view: gateway,
    log,
    consoleDirectory: '/nowhere',
    ...rest,
  })
  await server.start()
  const address = server.address()
  if (address === null) throw new Error('the server says it does not listen')
  return { server, gateway, log, url: address.url, port: address.port }
}

/** One request by hand, for headers that `fetch` does not let through. Resolves when the server closes the line. */
export function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

/** Opens the event stream and never reads more than the first bytes of the answer. */
export function openAndStopReading(port: number, path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`))
    socket.once('data', () => {
      socket.pause()
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
