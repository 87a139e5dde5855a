/** A real server as a child process: started when it answers, stopped, killed, frozen and brought back on the same port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const READY_WITHIN_MS = 20_000
const STOP_WITHIN_MS = 10_000

/** Debian puts daemons into sbin, which is not on every user's PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/bin']
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** A port of 127.0.0.1 that nothing listens on. Another process could take it before it is used; that is rare and loud. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}

export interface RealServer {
  readonly port: number
  /** `http://127.0.0.1:port`, or `mqtt://127.0.0.1:port` for mosquitto. */
  readonly url: string
  /** Starts again on the same port with the same data; resolves when the server answers. */
  start(): Promise<void>
  /** Ends the process in an orderly way and keeps its data. Idempotent. */
  stop(): Promise<void>
  /** Ends the process at once, as a loss of power would. */
  kill(): Promise<void>
  /** Freezes the process: its port still accepts connections, but nobody answers (a black hole). */
  pause(): void
  resume(): void
  /** Ends the process at once and deletes its data. */
  remove(): Promise<void>
}

/** How one kind of server is started and asked whether it is ready. */
export interface Program {
  readonly name: string
  readonly scheme: 'http' | 'mqtt'
  /** Returns the arguments; may write files into the folder. */
  prepare(folder: string, port: number): readonly string[]
  ready(port: number): Promise<boolean>
}

export async function startServer(program: Program): Promise<RealServer> {
  const file = findProgram(program.name)
  if (file === undefined) throw new Error(`${program.name} is not installed; guard the test with describeReal`)
  const folder = mkdtempSync(join(tmpdir(), `outpost-${program.name}-`))
  const port = await freePort()
  const server = new ServerProcess({ program, file, folder, port })
  await server.start()
  return server
}

class ServerProcess implements RealServer {
  readonly port: number
  readonly url: string
  readonly #options: { program: Program; file: string; folder: string }
  #child: ChildProcess | null = null
  #output = ''
  readonly #killWithUs = () => this.#child?.kill('SIGKILL')

  constructor(options: { program: Program; file: string; folder: string; port: number }) {
    this.port = options.port
    this.url = `${options.program.scheme}://127.0.0.1:${options.port}`
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.#child !== null) return
    const { program, file, folder } = this.#options
    const args = program.prepare(folder, this.port)
    const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-8192)
      })
    }
    process.once('exit', this.#killWithUs)
    await this.#untilReady(child)
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const { program } = this.#options
    const deadline = Date.now() + READY_WITHIN_MS
    while (child.exitCode === null && child.signalCode === null) {
      if (await program.ready(this.port)) return
      if (Date.now() > deadline) {
        await this.kill()
        throw new Error(`${program.name} did not answer on port ${this.port} in time:\n${this.#output}`)
      }
      await delay(20)
    }
    this.#child = null
    throw new Error(`${program.name} ended at start with code ${child.exitCode ?? child.signalCode}:\n${this.#output}`)
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    process.removeListener('exit', this.#killWithUs)
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    // A frozen process handles SIGTERM only when it runs again.
    child.kill('SIGCONT')
    child.kill(signal)
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    await ended
    clearTimeout(force)
  }

  pause(): void {
    const child = this.#child
    if (child === null || !child.kill('SIGSTOP')) return
    // The signal is on its way when kill returns, and a thread that still runs could answer.
    const deadline = Date.now() + STOP_WITHIN_MS
    while (!isFrozen(child.pid)) {
      if (Date.now() > deadline) throw new Error(`process ${child.pid} does not stop`)
    }
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#options.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Whether every thread is stopped (state T, proc(5)). */
function isFrozen(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`
  try {
    return readdirSync(tasks).every((task) => /\) T /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')))
  } catch {
    // A thread ended between the list and the look at it.
    return false
  }
}

export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

export function acceptsTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
