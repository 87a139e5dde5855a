/**
 * How much of a serial line's time the gateway uses: the replies it gets on a pseudo terminal whose station keeps the baud
 * rate, against those that the wire allows, when there is always a unit to be asked. A read takes the wire for the
 * characters of request and reply and for the two silences of 3.5 characters that the standard demands; the station
 * answers as soon as it may. A request that comes too early is not answered, and counts as none. What counts is the
 * calmest stretch of some rotations of all units: a wire is never late, but a busy machine that plays one is.
 */
import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { HistoryItem } from '../../gateway/http/gateway-view.ts'
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
const MEASURE_MS = 20_000
/** Rotations in a row that are taken together, because a stamp that was late makes the next one look short. */
const STRETCH = 8
const AIM = 0.95

interface Measured {
  /** From one reading of a unit to its next one. */
  readonly rotationsMs: readonly number[]
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
    const rotationsMs = await rotations(gateway)
    const { early, lostMs } = station.stats()
    return { rotationsMs, early, lostMs }
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

async function rotations(gateway: GatewayProcess): Promise<readonly number[]> {
  const from = Date.now()
  await delay(MEASURE_MS)
  const path = `/api/readings?point=device-0.value-0&from=${from}&maxPoints=10000`
  const { items } = await gateway.get<{ items: readonly HistoryItem[] }>(path)
  return items.slice(1).map(({ time }, i) => time - (items[i]?.time ?? 0))
}

function rowOf(baudRate: number, { rotationsMs, early, lostMs }: Measured): Row {
  const format = { baudRate }
  const wireMs = UNITS * ((REQUEST_BYTES + REPLY_BYTES) * characterMs(format) + 2 * frameSilenceMs(format))
  const stretches = rotationsMs.slice(STRETCH - 1).map((_, i) => mean(rotationsMs.slice(i, i + STRETCH)))
  const calmest = Math.min(...stretches)
  const ratio = wireMs / calmest
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return {
    name: `share of the line's time that is used, RTU at ${baudRate.toLocaleString('en')} baud`,
    ours: `${UNITS} units in ${ms(calmest)}`,
    against: `the wire needs ${ms(wireMs)}`,
    ...{ ratio, aim: `≥ ${AIM}`, met: ratio >= AIM && early === 0 },
    note: `of the median rotation ${(wireMs / median(rotationsMs)).toFixed(2)}, of ${rotationsMs.length} in all ${(wireMs / mean(rotationsMs)).toFixed(2)}; ${early} requests too early; the station late by ${ms(lostMs)} in all`,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
