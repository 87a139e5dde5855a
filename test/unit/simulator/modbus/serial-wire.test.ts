import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CharacterFormat, characterMs, frameSilenceMs } from '../../../../simulator/modbus/character-format.ts'
import type { ReplyPart } from '../../../../simulator/modbus/reply.ts'
import { SerialWire, type SerialWireOptions } from '../../../../simulator/modbus/serial-wire.ts'
import { WireBox } from '../../../../simulator/modbus/wire-box.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const REQUEST = new Uint8Array(8)

/** A wire whose units answer everything with `parts`, and what came out of it: when, and how many bytes. */
function wireWith(parts: readonly ReplyPart[], options: Partial<SerialWireOptions> = {}) {
  const frames: Uint8Array[] = []
  const written: { at: number; count: number }[] = []
  const wire = new SerialWire({
    format: { baudRate: 9600 },
    replyTimeMs: 0,
    keepsSilence: false,
    onFree: () => {},
    respond: (frame) => {
      frames.push(frame)
      return { type: 'bytes', parts }
    },
    ...options,
  })
  const end = {
    write: (bytes: Uint8Array) => void written.push({ at: performance.now(), count: bytes.length }),
    hangUp: () => {},
  }
  return { wire, end, frames, written, started: performance.now() }
}

const reply = (length: number, afterMs = 0): ReplyPart => ({ bytes: new Uint8Array(length), afterMs })

describe('a character on a serial line', () => {
  it.each([
    [{ baudRate: 9600 }, 1.0417, 3.6458],
    [{ baudRate: 19_200, parity: 'even' }, 0.5729, 2.0052],
    [{ baudRate: 9600, stopBits: 2 }, 1.1458, 4.0104],
    [{ baudRate: 115_200 }, 0.0868, 1.75],
  ] as const)('%o takes %f ms, and %f ms of silence end a frame', (format: CharacterFormat, character, silence) => {
    expect(characterMs(format)).toBeCloseTo(character, 4)
    expect(frameSilenceMs(format)).toBeCloseTo(silence, 4)
  })
})

describe('the wire', () => {
  it('takes its time for every byte, either way', () => {
    const { wire, end, written, started } = wireWith([reply(25)])
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(1000)
    const perByte = characterMs({ baudRate: 9600 })
    const begin = 8 * perByte + 3.5 * perByte
    let sent = 0
    for (const { at, count } of written) {
      sent += count
      expect(at - started).toBeGreaterThanOrEqual(begin + sent * perByte)
      // Whole milliseconds of a timer, and what an adapter gathers.
      expect(at - started).toBeLessThan(begin + (sent - count + 1) * perByte + 5)
    }
    expect(sent).toBe(25)
    expect(written.length).toBeGreaterThan(5)
  })

  it('waits for the reply time of the device where that is longer than the silence', () => {
    const { wire, end, written, started } = wireWith([reply(1)], { replyTimeMs: 40 })
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(1000)
    expect((written[0]?.at ?? 0) - started).toBeCloseTo(9 * characterMs({ baudRate: 9600 }) + 40, -0.5)
  })

  it('takes pieces of a request for one as long as they come without a silence', () => {
    const { wire, end, frames } = wireWith([reply(5)])
    wire.receive(Uint8Array.of(1, 2, 3), end)
    vi.advanceTimersByTime(5)
    wire.receive(Uint8Array.of(4, 5), end)
    vi.advanceTimersByTime(1000)
    expect(frames).toEqual([Buffer.of(1, 2, 3, 4, 5)])
  })

  it('keeps its rate however late the timers are', () => {
    const lateness = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(lateness, (delays) => {
        const onTime = globalThis.setTimeout
        let timers = 0
        vi.stubGlobal('setTimeout', (action: () => void, ms: number) =>
          onTime(action, ms + (delays[timers++ % delays.length] ?? 0)),
        )
        const { wire, end, written, started } = wireWith([reply(25)])
        const cycles = 30
        for (let sent = 25; sent <= 25 * cycles; sent += 25) {
          wire.receive(REQUEST, end)
          while (total(written) < sent) vi.advanceTimersByTime(1)
          // The master keeps the silence from what it saw.
          vi.advanceTimersByTime(4)
        }
        vi.unstubAllGlobals()
        const expected = cycles * ((8 + 3.5 + 25) * characterMs({ baudRate: 9600 }) + 4)
        expect(Math.abs(performance.now() - started - expected)).toBeLessThan(20)
        expect(wire.counters).toEqual({ early: 0, lostMs: 0 })
      }),
      { numRuns: 50 },
    )
  })

  it('does not make up for more than a moment, and tells what it lost', () => {
    const onTime = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (action: () => void, ms: number) => onTime(action, ms + 300))
    const { wire, end, written } = wireWith([reply(2)])
    wire.receive(REQUEST, end)
    while (total(written) < 2) vi.advanceTimersByTime(1)
    vi.advanceTimersByTime(4)
    wire.receive(REQUEST, end)
    vi.unstubAllGlobals()
    expect(wire.counters.lostMs).toBeGreaterThan(150)
  })

  it('counts what it takes to carry the bytes to the other side as its own lateness', () => {
    const { wire, written, started } = wireWith([reply(25)])
    const end = {
      hangUp: () => {},
      write: (bytes: Uint8Array, onWritten: () => void) => {
        // The master sees them 10 ms later.
        setTimeout(() => {
          written.push({ at: performance.now(), count: bytes.length })
          onWritten()
        }, 10)
      },
    }
    for (let sent = 25; sent <= 250; sent += 25) {
      wire.receive(REQUEST, end)
      while (total(written) < sent) vi.advanceTimersByTime(1)
      vi.advanceTimersByTime(4)
    }
    const expected = 10 * ((8 + 3.5 + 25) * characterMs({ baudRate: 9600 }) + 4)
    expect(Math.abs(performance.now() - started - expected)).toBeLessThan(15)
  })

  it('does not understand a request that comes without the silence before it, or into a reply', () => {
    const { wire, end, written, frames } = wireWith([reply(25)])
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(20)
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(100)
    expect([frames.length, total(written), wire.counters.early]).toEqual([1, 25, 1])
    wire.receive(REQUEST, end)
    while (total(written) < 50) vi.advanceTimersByTime(1)
    vi.advanceTimersByTime(3)
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(100)
    expect([frames.length, wire.counters.early]).toEqual([2, 2])
    wire.receive(REQUEST, end)
    while (total(written) < 75) vi.advanceTimersByTime(1)
    vi.advanceTimersByTime(4)
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(100)
    expect([frames.length, wire.counters.early]).toEqual([4, 2])
  })

  it('behind a box that keeps the silence itself plays one request after the other', () => {
    const { end, written, started } = wireWith([])
    const frames: Uint8Array[] = []
    const wire = new WireBox({
      ...{ format: { baudRate: 9600 }, replyTimeMs: 0 },
      respond: (frame) => {
        frames.push(frame)
        return { type: 'bytes', parts: [reply(25)] }
      },
    })
    wire.receive(REQUEST, end)
    wire.receive(REQUEST, { ...end })
    while (total(written) < 50) vi.advanceTimersByTime(1)
    expect(frames.length).toBe(2)
    expect(performance.now() - started).toBeGreaterThanOrEqual(
      (2 * (8 + 3.5 + 25) + 3.5) * characterMs({ baudRate: 9600 }),
    )
    expect(wire.counters.early).toBe(0)
  })

  it('lets the units that are prompt speak before one that is late, and never two at once', () => {
    const late = wireWith([])
    const parts = [reply(10, 60), reply(20), reply(40)]
    const wire = new SerialWire({
      ...{ format: { baudRate: 9600 }, replyTimeMs: 0, keepsSilence: false, onFree: () => {} },
      respond: () => ({ type: 'bytes', parts: parts.splice(0, 1) }),
    })
    const sizes: number[] = []
    const end = { ...late.end, write: (bytes: Uint8Array) => void sizes.push(bytes.length) }
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(20)
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(300)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(30)
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(12)
    wire.close()
    vi.advanceTimersByTime(300)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(30)
  })

  it('says nothing more to a master that is gone', () => {
    const { wire, end, written } = wireWith([reply(25)])
    wire.receive(REQUEST, end)
    vi.advanceTimersByTime(20)
    const before = total(written)
    wire.forget(end)
    vi.advanceTimersByTime(100)
    expect(before).toBeGreaterThan(0)
    expect(total(written)).toBe(before)
  })
})

function total(written: readonly { readonly count: number }[]): number {
  return written.reduce((sum, { count }) => sum + count, 0)
}
