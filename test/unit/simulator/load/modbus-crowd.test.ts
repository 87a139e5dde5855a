import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadCatalogue } from '../../../../device-profiles/catalogue.ts'
import { PROFILES } from '../../../../simulator/load/load-plan.ts'
import { ModbusCrowd } from '../../../../simulator/load/modbus-crowd.ts'

const profile = loadCatalogue().profiles.get(PROFILES.modbus) ?? expect.fail('the reference tag is there')
/** Far longer than a busy machine stands still. */
const INTERVAL_MS = 600_000

let crowd: ModbusCrowd
const masters: Socket[] = []
beforeEach(async () => {
  crowd = new ModbusCrowd({ profile, devices: 102, signal: new AbortController().signal })
  await crowd.start()
})
afterEach(async () => {
  for (const master of masters.splice(0)) master.destroy()
  await crowd.stop()
})

/** Reads the registers of each unit once; resolves with the first pressure. */
async function pollAll(): Promise<number> {
  let pressure = 0
  for (const [i, port] of crowd.ports.entries()) {
    const master = connect(port, '127.0.0.1')
    masters.push(master)
    await once(master, 'connect')
    for (let unitId = 1; unitId <= (i === 0 ? 100 : 2); unitId++) {
      master.write(Buffer.from([0, unitId, 0, 0, 0, 6, unitId, 3, 0, 0, 0, 5]))
      const [answer] = (await once(master, 'data')) as [Buffer]
      if (pressure === 0) pressure = answer.readUInt16BE(9)
    }
  }
  return pressure
}

describe('many Modbus units', () => {
  it('answer on lines of a hundred, and know when each was asked', async () => {
    expect(crowd.ports).toHaveLength(2)
    const warm = crowd.warm(0)
    expect(await pollAll()).toBe(12_000)
    await warm
    const watched = crowd.watch(INTERVAL_MS, 1)
    await pollAll()
    const figures = await watched
    // Sooner than due is not late, and none is missing yet.
    expect(figures).toMatchObject({ offered: figures.done, lost: 0, latency: { p50: 0.001, max: 0.001 } })
    expect(figures.done).toBeGreaterThan(0)
  })

  it('miss the polls that do not come', async () => {
    await Promise.all([crowd.warm(0), pollAll()])
    await delay(50)
    const { offered, done, lost } = await crowd.watch(100, 0.4)
    // Due at the begin, and each 100 ms from then on; the one at the end may come yet.
    expect(done).toBe(0)
    expect(offered).toBe(lost)
    expect(lost).toBeGreaterThanOrEqual(3 * 102)
  })
})
