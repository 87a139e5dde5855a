/** Modbus lines and servers made of Debian's programs: a pair of pseudo terminals for a serial line, pymodbus and libmodbus. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { acceptsTcp } from './server-process.ts'

const READY_WITHIN_MS = 20_000

export interface PtyPair {
  /** What is written to one end is read from the other. */
  readonly ends: readonly [string, string]
  /** Both ends vanish, as an adapter does that is pulled out. */
  pullOut(): Promise<void>
  /** They are back under their names. */
  plugIn(): Promise<void>
  stop(): Promise<void>
}

/** Two pseudo terminals joined by socat: a serial line without wires. */
export async function startPtyPair(): Promise<PtyPair> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-pty-'))
  const ends = [join(folder, 'left'), join(folder, 'right')] as const
  let child: ChildProcess
  const pair: PtyPair = {
    ends,
    async pullOut() {
      await end(child)
      for (const link of ends) rmSync(link, { force: true })
    },
    async plugIn() {
      const program = spawn(
        'socat',
        ends.map((link) => `pty,raw,echo=0,link=${link}`),
        { stdio: 'ignore' },
      )
      child = program
      await until(program, () => Promise.resolve(ends.every((link) => existsSync(link))))
    },
    async stop() {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await pair.plugIn()
  return pair
}

/** What a server listens on. */
export type ServerPlace =
  | { readonly type: 'modbus-tcp' | 'modbus-rtu-over-tcp'; readonly port: number }
  | { readonly type: 'modbus-rtu'; readonly path: string; readonly baudRate: number }

export interface ModbusServer {
  stop(): Promise<void>
}

/** See servers/pymodbus-server.py for what it holds. */
export async function startPymodbus(place: ServerPlace): Promise<ModbusServer> {
  const kind = place.type.slice('modbus-'.length)
  const how = 'port' in place ? [kind, `${place.port}`] : [kind, place.path, `${place.baudRate}`]
  const child = spawn('/usr/bin/python3', [fileOf('pymodbus-server.py'), ...how], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const hasSaid = hearing(child)
  await until(child, () => ('port' in place ? acceptsTcp(place.port) : Promise.resolve(hasSaid('starting'))))
  return { stop: () => end(child) }
}

/** See servers/libmodbus-server.c for what it holds. It knows no RTU over TCP. */
export async function startLibmodbus(
  place: Exclude<ServerPlace, { type: 'modbus-rtu-over-tcp' }>,
): Promise<ModbusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-libmodbus-'))
  const program = join(folder, 'server')
  const source = fileOf('libmodbus-server.c')
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('gcc', ['-O1', '-I/usr/include/modbus', '-o', program, source, '-lmodbus'], { stdio: 'pipe' })
    const how = 'port' in place ? ['tcp', `${place.port}`] : ['rtu', place.path, `${place.baudRate}`, 'N']
    const child = spawn(program, how, { stdio: ['ignore', 'pipe', 'ignore'] })
    const hasSaid = hearing(child)
    await until(child, () => Promise.resolve(hasSaid('ready')))
    return {
      async stop() {
        await end(child)
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`servers/${name}`, import.meta.url))
}

function hearing(child: ChildProcess): (word: string) => boolean {
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  return (word) => said.includes(word)
}

async function until(child: ChildProcess, ready: () => Promise<boolean>): Promise<void> {
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('exit', () => process.removeListener('exit', killWithUs))
  const deadline = Date.now() + READY_WITHIN_MS
  while (!(await ready())) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended at start with code ${child.exitCode}`)
    if (Date.now() > deadline) {
      await end(child)
      throw new Error(`${child.spawnfile} was not ready in time`)
    }
    await delay(20)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
