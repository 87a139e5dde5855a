/**
 * A trend of 24 hours of one point over the HTTP API, as the console asks for it, while 10,000 readings a second arrive. The
 * store has a day of all points before; the point that is asked for was measured every second.
 */
import { join } from 'node:path'
import { systemClock } from '../../gateway/clock.ts'
import { createJournal } from '../../gateway/journal/journal.ts'
import type { Reading } from '../../gateway/model.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { type Bench, type Row, roundsOr } from './row.ts'
import { type Spoken, startDeviceLoad } from './support/device-load.ts'
import { median, quantile } from './support/statistics.ts'
import { READINGS_PER_MESSAGE, tagDevices } from './support/tags.ts'

const PER_SECOND = Number(process.env.OUTPOST_BENCH_PER_SECOND ?? 10_000)
const DEVICES = 200
const DAY_MS = 86_400_000
/** Of the other points. */
const EVERY_MS = 60_000
/** Readings that are given to the journal at once. */
const AT_ONCE = 10_000
const ROUNDS = roundsOr(5)
const ROUND_SECONDS = 6
const WARM_UP_SECONDS = 5
/** People look one after the other: a question, then a while until the next one. */
const BETWEEN_MS = 50
const AIM_MS = 200
const POINTS = ['pressure', 'temperature', 'battery'] as const

export const trend: Bench = {
  id: 'trend',
  async run() {
    const gateway = await GatewayProcess.create({ devices: tagDevices(DEVICES) })
    try {
      await fillDay(join(gateway.folder, 'data'))
      await gateway.start()
      const calm = await ask(gateway, { until: later(3000) })
      return [rowOf({ calm, rounds: await measure(gateway) })]
    } finally {
      await gateway.remove()
    }
  },
}

interface Round {
  readonly times: readonly number[]
  readonly arrived: Spoken
}

async function measure(gateway: GatewayProcess): Promise<readonly Round[]> {
  const intervalSeconds = (DEVICES * READINGS_PER_MESSAGE) / PER_SECOND
  const load = await startDeviceLoad({ port: gateway.mqttPort, devices: DEVICES, intervalSeconds })
  try {
    await load.run(WARM_UP_SECONDS)
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const running = load.run(ROUND_SECONDS)
      rounds.push({ times: await ask(gateway, { until: later(ROUND_SECONDS * 1000) }), arrived: await running })
    }
    return rounds
  } finally {
    await load.stop()
  }
}

/** Milliseconds of each answer, until `until`. */
async function ask(gateway: GatewayProcess, { until }: { readonly until: Promise<void> }): Promise<readonly number[]> {
  let isOver = false
  void until.then(() => {
    isOver = true
  })
  const times: number[] = []
  while (!isOver) {
    const now = Date.now()
    const started = performance.now()
    const { items } = await gateway.get<{ items: readonly unknown[] }>(
      `/api/readings?point=tag-0.pressure&from=${now - DAY_MS}&to=${now}&maxPoints=1000`,
    )
    times.push(performance.now() - started)
    if (items.length < 900) throw new Error(`a trend of ${items.length} rows is not a day`)
    await later(BETWEEN_MS)
  }
  return times
}

/** A day that has been: `tag-0.pressure` once a second, the other points once a minute. */
async function fillDay(directory: string): Promise<void> {
  const journal = createJournal({ directory, gatewayId: 'station-1' }, { clock: systemClock, log: createMemoryLog() })
  await journal.start()
  try {
    let readings: Reading[] = []
    const end = Date.now() - 60_000
    for (let at = end - DAY_MS; at < end; at += 1000) {
      readings.push(readingOf('tag-0.pressure', at))
      if ((at - end) % EVERY_MS === 0) readings.push(...others(at))
      if (readings.length < AT_ONCE) continue
      await journal.commit({ readings, events: [] })
      readings = []
    }
    await journal.commit({ readings, events: [] })
    while (journal.stats().historyLag > 0) await later(100)
  } finally {
    await journal.stop()
  }
}

function others(at: number): readonly Reading[] {
  return Array.from({ length: DEVICES }, (_, index) => `tag-${index}`).flatMap((device) =>
    POINTS.map((point) => `${device}.${point}`)
      .filter((point) => point !== 'tag-0.pressure')
      .map((point) => readingOf(point, at)),
  )
}

function readingOf(point: string, time: number): Reading {
  const value = Math.round(11_800 + 200 * Math.sin(time / 3_000_000) + ((time / 1000) % 7)) / 10
  return { point, time, receivedAt: time, value, quality: 'good' }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function rowOf({ calm, rounds }: { readonly calm: readonly number[]; readonly rounds: readonly Round[] }): Row {
  const p95s = rounds.map(({ times }) => quantile(times, 0.95))
  const p95 = median(p95s)
  const arrived = median(
    rounds.map((round) => (round.arrived.latencies.length * READINGS_PER_MESSAGE) / round.arrived.seconds),
  )
  const carried = rounds.every((round) => round.arrived.latencies.length === round.arrived.published)
  return {
    name: `trend of 24 h (86,400 readings) while ${PER_SECOND.toLocaleString('en')} readings/s arrive, API p95`,
    ours: `${p95.toFixed(0)} ms`,
    against: `aim ${AIM_MS} ms (calm ${quantile(calm, 0.95).toFixed(0)} ms)`,
    ...{ ratio: p95 / AIM_MS, aim: '≤ 1', met: carried && p95 <= AIM_MS },
    note: `${p95s.map((each) => each.toFixed(0)).join(' ')} ms; ${Math.round(arrived).toLocaleString('en')} readings/s acknowledged${carried ? '' : ', some not'}`,
  }
}
