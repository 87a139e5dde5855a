import { existsSync, realpathSync } from 'node:fs'
import { SerialPort } from 'serialport'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import type { RequestResult } from '../../gateway/sources/modbus/exchange.ts'
import { Line } from '../../gateway/sources/modbus/line.ts'
import type { ModbusRequest } from '../../gateway/sources/modbus/pdu.ts'
import { type GivenTiming, resolveTiming } from '../../gateway/sources/modbus/timing.ts'
import type { SerialSettings, TransportOptions } from '../../gateway/sources/modbus/transport.ts'
import { openSerial } from '../../gateway/sources/modbus/transport-serial.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { startPtyPair } from '../support/modbus-servers.ts'
import { ModbusSlave, type SlaveOptions } from '../support/modbus-slave.ts'
import { describeReal } from '../support/real-servers.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function startLine(transport: TransportOptions, given: GivenTiming = {}): Line {
  const timing = resolveTiming(transport, { reconnectDelayMs: 20, quietAtStartMs: 5, ...given })
  const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log: createMemoryLog() })
  stops.push(() => line.stop())
  line.start()
  return line
}

const serial = (path: string): TransportOptions & SerialSettings => ({
  type: 'modbus-rtu',
  path,
  baudRate: 115_200,
  parity: 'none',
  dataBits: 8,
  stopBits: 1,
})

const read = (
  table: 'coil' | 'discrete-input' | 'input-register' | 'holding-register',
  address: number,
  count: number,
) => ({ type: 'read', table, address, count }) satisfies ModbusRequest
const wordsOf = (result: RequestResult): number[] =>
  result.type === 'reply' && result.reply.type === 'words' ? Array.from(result.reply.words) : []

/** Whether a pseudo terminal still has its other side; its link outlives it. */
function isThere(path: string): boolean {
  try {
    return existsSync(realpathSync(path))
  } catch {
    return false
  }
}

/** Our own slave on the far end of the serial line. */
async function serveSerial(path: string, options: Omit<SlaveOptions, 'framing'> = {}): Promise<void> {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false })
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  stops.push(() => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())))
  new ModbusSlave({ framing: 'rtu', ...options }).serve(port)
}

describeReal('socat')('a serial line', () => {
  test('reads from the far end', async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    await serveSerial(pair.ends[1])
    const line = startLine(serial(pair.ends[0]))
    for (let address = 0; address < 50; address += 10) {
      expect(wordsOf(await line.request(1, read('holding-register', address, 2)))).toEqual([address, address + 1])
    }
    expect(line.counters).toMatchObject({ requests: 5, timeouts: 0, lateReplies: 0, refusedReplies: 0 })
  })

  test('late replies are dropped and no wrong value is believed', async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    await serveSerial(pair.ends[1], {
      answer: ({ index }) => ({ type: 'right', afterMs: index % 10 === 9 ? 60 : 0 }),
    })
    const line = startLine(serial(pair.ends[0]), { timeoutMs: 40 })
    const good: number[] = []
    for (let address = 0; address < 40; address++) {
      const result = await line.request(1, read('holding-register', address, 1))
      if (result.type === 'failure' || result.unconfirmed) continue
      expect(wordsOf(result)).toEqual([address])
      good.push(address)
    }
    expect(good.length).toBeGreaterThan(15)
    expect(line.counters.timeouts).toBeGreaterThan(0)
    expect(line.counters.lateReplies).toBeGreaterThan(0)
  })

  test('what was asked before a restart is not taken for the reply to the first request after it', async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    const asked = Promise.withResolvers<void>()
    await serveSerial(pair.ends[1], {
      answer: ({ index }) => {
        asked.resolve()
        return { type: 'right', afterMs: index === 0 ? 200 : 0 }
      },
    })
    // Far longer than the reply is late: on a busy machine the pseudo terminals are late too.
    const before = startLine(serial(pair.ends[0]), { timeoutMs: 800 })
    const unheard = before.request(1, read('holding-register', 10, 1))
    await asked.promise
    await before.stop()
    expect(await unheard).toMatchObject({ failure: 'cut-off' })
    const line = startLine(serial(pair.ends[0]), { timeoutMs: 800, quietAtStartMs: undefined })
    expect(wordsOf(await line.request(1, read('holding-register', 20, 1)))).toEqual([20])
  })

  test('an adapter that is pulled out fails the request in flight at once, and is found again when it is back', async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    const answered = Promise.withResolvers<void>()
    await serveSerial(pair.ends[1], {
      answer: ({ index }) => {
        if (index === 0) return { type: 'right' }
        answered.resolve()
        return { type: 'silence' }
      },
    })
    const line = startLine(serial(pair.ends[0]), { timeoutMs: 60_000, quietAfterTimeoutMs: 50 })
    await line.request(1, read('coil', 0, 1))
    const lost = line.request(1, read('coil', 0, 1))
    await answered.promise
    await pair.pullOut()
    expect(await lost).toMatchObject({ failure: 'cut-off' })
    expect(line.connected).toBe(false)
    await pair.plugIn()
    await serveSerial(pair.ends[1])
    let back: RequestResult
    do {
      await systemClock.sleep(10)
      back = await line.request(1, read('holding-register', 9, 1))
    } while (back.type === 'failure')
    expect(wordsOf(back)).toEqual([9])
    expect(line).toMatchObject({ connected: true, error: null })
  })

  test('an adapter that is pulled out while its bytes are being taken is noticed too', async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    await serveSerial(pair.ends[1])
    const received = Promise.withResolvers<void>()
    let pulledOut: Promise<void> | undefined
    const connection = await openSerial(serial(pair.ends[0]), {
      ...{ clock: systemClock, timeoutMs: 1000, signal: new AbortController().signal },
      onData: () => {
        if (pulledOut !== undefined) return
        pulledOut = pair.pullOut()
        // This process is busy until the adapter is gone; what it reads next is the end of the file.
        const deadline = Date.now() + 2000
        while (isThere(pair.ends[0]) && Date.now() < deadline) {}
        received.resolve()
      },
    })
    connection.write(Buffer.from([1, 3, 0, 0, 0, 1, 0x84, 0x0a]))
    await received.promise
    expect(await connection.closed).toMatch(/./)
    await pulledOut
  })

  test('stops with a request in flight', async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    const line = startLine(serial(pair.ends[0]), { timeoutMs: 60_000 })
    const lost = line.request(1, read('coil', 0, 1))
    while (line.counters.requests === 0) await systemClock.sleep(1)
    await line.stop()
    expect(await lost).toMatchObject({ type: 'failure' })
  })
})

describe('a gateway without serial lines', () => {
  test('never loads the native serial port', async () => {
    const { execFileSync } = await import('node:child_process')
    const script = `
      await import('./gateway/sources/modbus/modbus-line.ts')
      console.log(process.report.getReport().sharedObjects.filter((file) => /bindings/.test(file)).length)`
    const said = execFileSync('node', ['--input-type=module', '-e', script], {
      cwd: new URL('../..', import.meta.url).pathname,
      encoding: 'utf8',
    })
    expect(said.trim()).toBe('0')
  })
})
