/**
 * The cycle of an RTU line as `outpost check --timing` computes it, against the cycle that a gateway keeps on a pseudo
 * terminal whose station holds it to its baud rate. Once without a pause: the time from one reading of a unit to its next
 * one, when all units want to be read all the time. Once at ease: the line time of a cycle, as the gateway itself measures it.
 * What counts is the calmest stretch of some cycles, or of each unit the calmest one: a wire is never late, but a busy
 * machine that plays one is.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../../gateway/config/load.ts'
import { predictTiming } from '../../gateway/config/timing.ts'
import type { HistoryItem } from '../../gateway/http/gateway-view.ts'
import type { LineView } from '../../gateway/http/line-view.ts'
import { RegisterBank } from '../../simulator/modbus/register-bank.ts'
import { ModbusStation } from '../../simulator/modbus/station.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type PtyPair, startPtyPair } from '../support/modbus-servers.ts'
import type { Bench, Row } from './row.ts'
import { writeRegisterProfiles } from './support/register-profiles.ts'
import { median } from './support/statistics.ts'

const BAUD_RATES = [9600, 115_200]
const UNITS = 8
const FLOATS = 6
const REPLY_MS = 20
const WARM_UP_MS = 4000
const MEASURE_MS = 15_000
/** Readings whose times are compared, because a stamp that was late makes the next cycle look short. */
const STRETCH = 4
const AIM = { least: 0.9, most: 1.1 }

interface Measured {
  readonly predictedMs: number
  /** One for each cycle. */
  readonly cyclesMs: readonly number[]
  /** The shortest that can be believed. */
  readonly calmestMs: number
  /** How long the machine was late for the baud rate, of all the time. */
  readonly lostMs: number
}

export const modbusCycle: Bench = {
  id: 'modbus-cycle',
  async run() {
    const rows: Row[] = []
    for (const baudRate of BAUD_RATES) {
      const units = `${UNITS} units at ${baudRate.toLocaleString('en')} baud`
      rows.push(
        rowOf(`${units}, read without a pause`, await measure(baudRate, { pollInterval: '10ms', look: rotations })),
      )
      rows.push(rowOf(`${units}, read every 2 s`, await measure(baudRate, { pollInterval: '2s', look: lineTimes })))
    }
    return rows
  },
}

interface Pace {
  readonly pollInterval: string
  readonly look: (gateway: GatewayProcess) => Promise<Pick<Measured, 'cyclesMs' | 'calmestMs'>>
}

async function measure(baudRate: number, { pollInterval, look }: Pace): Promise<Measured> {
  const pair = await startPtyPair()
  const station = await startStation(pair, baudRate)
  const deviceProfiles = writeRegisterProfiles([{ floats: FLOATS }])
  const gateway = await GatewayProcess.create({
    deviceProfiles,
    lines: [{ id: 'line', type: 'modbus-rtu', path: pair.ends[0], baudRate, replyTime: `${REPLY_MS}ms` }],
    devices: Array.from({ length: UNITS }, (_, i) => ({
      ...{ id: `device-${i}`, place: '机房', profile: `floats-${FLOATS}`, line: 'line', unitId: i + 1, pollInterval },
    })),
  })
  try {
    const predictedMs = predict(gateway)
    await gateway.start()
    await delay(WARM_UP_MS)
    return { predictedMs, ...(await look(gateway)), lostMs: station.stats().lostMs }
  } finally {
    await gateway.remove()
    await station.stop()
    await pair.stop()
    rmSync(deviceProfiles, { recursive: true })
  }
}

async function startStation({ ends }: PtyPair, baudRate: number): Promise<ModbusStation> {
  const station = new ModbusStation({ type: 'modbus-rtu', path: ends[1], baudRate, replyTimeMs: REPLY_MS })
  for (let unitId = 1; unitId <= UNITS; unitId++) {
    const bank = new RegisterBank()
    bank.define('holding-register', { address: 0, count: 2 * FLOATS })
    station.addUnit(unitId, bank)
  }
  await station.start()
  return station
}

function predict({ folder }: GatewayProcess): number {
  const environment = { FIELD_PASSWORD: FIELD_USER.password }
  const result = loadConfig(join(folder, 'outpost.yaml'), { environment })
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return predictTiming(result.config).lines[0]?.cycleMs ?? 0
}

/** From one reading of a unit to the next. */
async function rotations(gateway: GatewayProcess): ReturnType<Pace['look']> {
  const from = Date.now()
  await delay(MEASURE_MS)
  const path = `/api/readings?point=device-0.value-0&from=${from}&maxPoints=10000`
  const { items } = await gateway.get<{ items: readonly HistoryItem[] }>(path)
  const cyclesMs = items.slice(1).map(({ time }, i) => time - (items[i]?.time ?? 0))
  const stretches = cyclesMs.slice(STRETCH - 1).map((_, i) => cyclesMs.slice(i, i + STRETCH))
  const means = stretches.map((stretch) => stretch.reduce((sum, value) => sum + value, 0) / STRETCH)
  return { cyclesMs, calmestMs: Math.min(...means) }
}

/** What the gateway says itself, looked at once in each cycle. */
async function lineTimes(gateway: GatewayProcess): ReturnType<Pace['look']> {
  const found: LineView[] = []
  for (let passed = 0; passed < MEASURE_MS; passed += 2000) {
    await delay(2000)
    const { lines } = await gateway.get<{ lines: readonly LineView[] }>('/api/lines')
    found.push(...lines)
  }
  const ofUnit = (i: number): number => Math.min(...found.map(({ units }) => units[i]?.lineMs ?? Infinity))
  return {
    cyclesMs: found.map(({ cycle }) => cycle.measuredMs ?? 0),
    calmestMs: Array.from({ length: UNITS }, (_, i) => ofUnit(i)).reduce((sum, ms) => sum + ms, 0),
  }
}

function rowOf(name: string, { predictedMs, cyclesMs, calmestMs, lostMs }: Measured): Row {
  const ratio = calmestMs / predictedMs
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return {
    ...{ name: `cycle of ${name}`, ours: `${ms(calmestMs)} measured`, against: `${ms(predictedMs)} computed` },
    ...{ ratio, aim: `${AIM.least} to ${AIM.most}`, met: ratio >= AIM.least && ratio <= AIM.most },
    note: `${cyclesMs.length} cycles, median ${ms(median(cyclesMs))}; the station was late by ${ms(lostMs)} in all`,
  }
}
