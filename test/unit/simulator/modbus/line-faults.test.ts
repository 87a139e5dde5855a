import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ModbusStation } from '../../../../simulator/modbus/station.ts'
import type { WhenFull } from '../../../../simulator/modbus/tcp-listener.ts'
import { RawMaster, stationOn } from './masters.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const WITHIN = { timeout: 10_000, interval: 5 }

async function start(place: { readonly maxConnections?: number; readonly whenFull?: WhenFull } = {}) {
  const station = stationOn({ type: 'modbus-tcp', host: '127.0.0.1', port: 0, ...place })
  await station.start()
  cleanUps.push(() => station.stop())
  return station
}

async function master(station: ModbusStation): Promise<RawMaster> {
  const raw = await RawMaster.to(station.port as number)
  cleanUps.push(() => raw.close())
  return raw
}

describe('a fault of a line', () => {
  it('strikes every unit whose own fault does not, and the unit that nobody knows', async () => {
    const station = await start()
    const raw = await master(station)
    station.setLineFault({ type: 'exception', code: 4 })
    station.setFault(2, { type: 'wrong-transaction' })
    for (const unitId of [1, 2, 9]) raw.ask(5, unitId)
    expect([...(await raw.received(9))]).toEqual([0, 5, 0, 0, 0, 3, 1, 0x83, 4])
    expect(await raw.answer()).toEqual({ transactionId: 4, value: 2000 })
    expect([...(await raw.received(9))]).toEqual([0, 5, 0, 0, 0, 3, 9, 0x83, 4])
    station.setLineFault(null)
    raw.ask(6, 1)
    expect(await raw.answer()).toEqual({ transactionId: 6, value: 1000 })
  })

  it('frozen: nothing is answered, on new connections either, and what came meanwhile is answered afterwards', async () => {
    const station = await start()
    const before = await master(station)
    before.ask(1, 1)
    await before.answer()
    station.setLineFault({ type: 'frozen' })
    before.ask(2, 1)
    const later = await master(station)
    later.ask(3, 2)
    await vi.waitFor(() => expect(station.stats().connections).toBe(2), WITHIN)
    const { requests } = station.stats()
    station.setLineFault(null)
    expect(requests).toBe(1)
    expect(await before.answer()).toEqual({ transactionId: 2, value: 1000 })
    expect(await later.answer()).toEqual({ transactionId: 3, value: 2000 })
  })

  it('half-open: the connections of that moment stay open and dead, new ones are served', async () => {
    const station = await start()
    const dead = await master(station)
    dead.ask(1, 1)
    await dead.answer()
    station.setLineFault({ type: 'half-open' })
    dead.ask(2, 1)
    const alive = await master(station)
    alive.ask(3, 1)
    expect(await alive.answer()).toEqual({ transactionId: 3, value: 1000 })
    station.setLineFault(null)
    dead.ask(4, 1)
    alive.ask(5, 1)
    expect(await alive.answer()).toEqual({ transactionId: 5, value: 1000 })
    expect([dead.unread, dead.socket.readyState, station.stats().connections]).toEqual([0, 'open', 1])
    expect(station.stats().requests).toBe(3)
  })

  it('slow: the bytes of an answer come one by one', async () => {
    const station = await start()
    const raw = await master(station)
    station.setLineFault({ type: 'slow', ms: 10 })
    const started = performance.now()
    raw.ask(1, 1)
    expect(await raw.answer()).toEqual({ transactionId: 1, value: 1000 })
    expect(performance.now() - started).toBeGreaterThan(90)
  })

  it('refuses what a line of its type cannot have, and keeps the fault it had', async () => {
    const station = await start()
    station.setLineFault({ type: 'exception', code: 2 })
    expect(() => station.setLineFault({ type: 'bad-crc' })).toThrow(
      'a line of type modbus-tcp cannot have the fault bad-crc: Modbus TCP has no checksum',
    )
    expect(() => station.setFault(1, { type: 'bad-crc' })).toThrow('cannot have the fault bad-crc')
    const raw = await master(station)
    raw.ask(1, 1)
    expect([...(await raw.received(9))].at(-1)).toBe(2)
  })
})

describe('a device that can have one connection', () => {
  const served = async (raw: RawMaster): Promise<number> => {
    raw.ask(1, 1)
    return (await raw.answer()).value
  }

  it('closes the second one', async () => {
    const station = await start({ maxConnections: 1 })
    const first = await master(station)
    expect(await served(first)).toBe(1000)
    expect(await (await master(station)).closed).toBeNull()
    expect(await served(first)).toBe(1000)
    first.close()
    await vi.waitFor(() => expect(station.stats().connections).toBe(0), WITHIN)
    expect(await served(await master(station))).toBe(1000)
    expect(station.stats()).toMatchObject({ accepted: 2, turnedAway: 1 })
  })

  it('refuses the second one, and listens again when the first one is gone', async () => {
    const station = await start({ maxConnections: 1, whenFull: 'refuse' })
    const first = await master(station)
    expect(await served(first)).toBe(1000)
    await expect(master(station)).rejects.toThrow('ECONNREFUSED')
    expect(await served(first)).toBe(1000)
    first.close()
    const second = await vi.waitFor(() => master(station), WITHIN)
    expect(await served(second)).toBe(1000)
    await station.stop()
    expect(await second.closed).not.toBe('ECONNREFUSED')
  })

  it('accepts the second one and ignores it', async () => {
    const station = await start({ maxConnections: 1, whenFull: 'ignore' })
    const first = await master(station)
    expect(await served(first)).toBe(1000)
    const second = await master(station)
    second.ask(7, 1)
    await vi.waitFor(() => expect(station.stats().turnedAway).toBe(1), WITHIN)
    expect(await served(first)).toBe(1000)
    expect([second.unread, second.socket.readyState, station.stats().requests]).toEqual([0, 'open', 2])
  })

  it('closes the first one for the second one', async () => {
    const station = await start({ maxConnections: 1, whenFull: 'close-oldest' })
    const first = await master(station)
    expect(await served(first)).toBe(1000)
    const second = await master(station)
    await first.closed
    expect(await served(second)).toBe(1000)
    expect(station.stats()).toMatchObject({ connections: 1, accepted: 2, turnedAway: 0 })
  })
})
