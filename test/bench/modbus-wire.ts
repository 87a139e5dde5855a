/**
 * How much of a serial line's time the gateway uses: the replies it gets on a pseudo terminal whose station keeps the baud
 * rate, against those that the wire allows, when there is always a unit to be asked. A read takes the wire for the
 * characters of request and reply and for the two silences of 3.5 characters that the standard demands; the station
 * answers as soon as it may. A request that comes too early is not answered, and counts as none.
 */
import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { characterMs, frameSilenceMs } from '../../simulator/modbus/character-format.ts'
import { RegisterBank } from '../../simulator/modbus/register-bank.ts'
import { ModbusStation } from '../../simulator/modbus/station.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { type PtyPair, startPtyPair } from '../support/modbus-servers.ts'
import type { Bench, Row } from './row.ts'
import { writeRegisterProfiles } from './support/register-profiles.ts'
import { median } from './support/statistics.ts'

const BAUD_RATES = [9600, 115_200]
const UNITS = 8
const FLOATS = 10
const REQUEST_BYTES = 8
/** Unit id, function code, byte count and CRC around the registers. */
const REPLY_BYTES = 5 + 4 * FLOATS
const WARM_UP_MS = 5000
const WINDOWS = 5
const WINDOW_MS = 4000
const AIM = 0.95

interface Measured {
  /** Replies per second, one for each window. */
  readonly perSecond: readonly number[]
  readonly early: number
  readonly lostMs: number
}

export const modbusWire: Bench = {
  id: 'modbus-wire',
  async run() {
    const rows: Row[] = []
    for (const baudRate of BAUD_RATES) rows.push(rowOf(baudRate, await measure(baudRate)))
    return rows
  },
}

async function measure(baudRate: number): Promise<Measured> {
  const pair = await startPtyPair()
  const station = await startStation(pair, baudRate)
  const deviceProfiles = writeRegisterProfiles([{ floats: FLOATS }])
  const gateway = await GatewayProcess.create({
    deviceProfiles,
    lines: [{ id: 'line', type: 'modbus-rtu', path: pair.ends[0], baudRate }],
    devices: Array.from({ length: UNITS }, (_, i) => ({
      ...{ id: `device-${i}`, place: '机房', profile: `floats-${FLOATS}`, line: 'line', unitId: i + 1 },
      pollInterval: '10ms',
    })),
  })
  try {
    await gateway.start()
    await delay(WARM_UP_MS)
    const perSecond: number[] = []
    for (let window = 0; window < WINDOWS; window++) perSecond.push(await repliesPerSecond(gateway))
    const { early, lostMs } = station.stats()
    return { perSecond, early, lostMs }
  } finally {
    await gateway.remove()
    await station.stop()
    await pair.stop()
    rmSync(deviceProfiles, { recursive: true })
  }
}

async function startStation({ ends }: PtyPair, baudRate: number): Promise<ModbusStation> {
  const station = new ModbusStation({ type: 'modbus-rtu', path: ends[1], baudRate, replyTimeMs: 0 })
  for (let unitId = 1; unitId <= UNITS; unitId++) {
    const bank = new RegisterBank()
    bank.define('holding-register', { address: 0, count: 2 * FLOATS })
    station.addUnit(unitId, bank)
  }
  await station.start()
  return station
}

async function repliesPerSecond(gateway: GatewayProcess): Promise<number> {
  const answers = () => gateway.metric('outpost_modbus_requests_total{line="line",result="answered"}')
  const before = { at: performance.now(), answers: await answers() }
  await delay(WINDOW_MS)
  return (((await answers()) - before.answers) * 1000) / (performance.now() - before.at)
}

function rowOf(baudRate: number, { perSecond, early, lostMs }: Measured): Row {
  const format = { baudRate }
  const readMs = (REQUEST_BYTES + REPLY_BYTES) * characterMs(format) + 2 * frameSilenceMs(format)
  const shares = perSecond.map((replies) => (replies * readMs) / 1000)
  const ratio = median(shares)
  return {
    name: `share of the line's time that is used, RTU at ${baudRate.toLocaleString('en')} baud, ${UNITS} units`,
    ours: `${median(perSecond).toFixed(1)} reads/s`,
    against: `the wire allows ${(1000 / readMs).toFixed(1)} reads/s`,
    ...{ ratio, aim: `≥ ${AIM}`, met: ratio >= AIM && early === 0 },
    note: `${shares.map((share) => share.toFixed(3)).join(' ')}; ${early} requests too early, the station late by ${lostMs.toFixed(0)} ms in all`,
  }
}
