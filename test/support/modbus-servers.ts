/** Modbus lines and servers made of Debian's programs: a pair of pseudo terminals for a serial line, and pymodbus. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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

/**
 * pymodbus with unit ids 1 and 2. Registers and bits 0 to 199 of every table: holding 1000 + address, input 2000 + address,
 * coils on at even addresses, discrete inputs on at odd ones; every other address is exception 2.
 */
export async function startPymodbus(
  at: { readonly port: number } | { readonly path: string; readonly baudRate: number },
): Promise<{ stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-pymodbus-'))
  const script = join(folder, 'server.py')
  writeFileSync(script, PYMODBUS)
  const how = 'port' in at ? ['tcp', `${at.port}`] : ['rtu', at.path, `${at.baudRate}`]
  const child = spawn('/usr/bin/python3', [script, ...how], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until(child, () => ('port' in at ? acceptsTcp(at.port) : Promise.resolve(said.includes('starting'))))
  return {
    async stop() {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const PYMODBUS = `
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer

def block(word):
    return ModbusSequentialDataBlock(0, [word(address) for address in range(200)])

def unit():
    return ModbusSlaveContext(
        hr=block(lambda address: 1000 + address), ir=block(lambda address: 2000 + address),
        co=block(lambda address: address % 2 == 0), di=block(lambda address: address % 2 == 1), zero_mode=True)

context = ModbusServerContext(slaves={1: unit(), 2: unit()}, single=False)
print('starting', flush=True)
if sys.argv[1] == 'tcp':
    StartTcpServer(context=context, address=('127.0.0.1', int(sys.argv[2])))
else:
    StartSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=int(sys.argv[3]), timeout=0.02)
`

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
