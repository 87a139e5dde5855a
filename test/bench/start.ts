/**
 * From the start of the process to a gateway that answers, with ten thousand points of which each has an open alarm: after it
 * was stopped, and after it was killed under load, when the journals are recovered first; beside an empty gateway without
 * devices and data. They take turns.
 */
import { rmSync } from 'node:fs'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type Bench, type Row, roundsOr } from './row.ts'
import { bankDevices, bankMessage, VALUES_PER_DEVICE, writeAlarmBank } from './support/alarm-bank.ts'
import { runMqttLoad } from './support/mqtt-load.ts'
import { median } from './support/statistics.ts'

const POINTS = Number(process.env.OUTPOST_BENCH_POINTS ?? 10_000)
const DEVICES = POINTS / VALUES_PER_DEVICE
const ROUNDS = roundsOr(5)
const CLIENTS = 100
/** Of each device, just before the kill. */
const LAST_MESSAGES = 5
const WITHIN_MS = 60_000

interface Round {
  readonly empty: number
  readonly stopped: number
  readonly killed: number
}

export const start: Bench = {
  id: 'start',
  async run() {
    const profiles = writeAlarmBank()
    const gateway = await GatewayProcess.create({ deviceProfiles: profiles, devices: bankDevices(DEVICES) })
    try {
      await gateway.start()
      await speak(gateway, 1)
      await allRaised(gateway)
      await gateway.end()
      const rounds: Round[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(gateway))
      return [
        rowOf('stopped', { rounds: rounds.map(({ stopped, empty }) => [stopped, empty]), aimMs: 1500 }),
        rowOf('killed under load', { rounds: rounds.map(({ killed, empty }) => [killed, empty]), aimMs: 2000 }),
      ]
    } finally {
      await gateway.remove()
      rmSync(profiles, { recursive: true, force: true })
    }
  },
}

/** The gateway is not running before it and not afterwards; when it was stopped last, it was in an orderly way. */
async function measure(gateway: GatewayProcess): Promise<Round> {
  const empty = await emptyStart()
  const stopped = await timedStart(gateway)
  await allRaised(gateway)
  await speak(gateway, LAST_MESSAGES)
  await gateway.end('SIGKILL')
  const killed = await timedStart(gateway)
  await allRaised(gateway)
  await gateway.end()
  return { empty, stopped, killed }
}

async function emptyStart(): Promise<number> {
  const gateway = await GatewayProcess.create({ devices: [] })
  try {
    return await timedStart(gateway)
  } finally {
    await gateway.remove()
  }
}

/** Until it has said that it runs and has answered how it is. */
async function timedStart(gateway: GatewayProcess): Promise<number> {
  const started = performance.now()
  await gateway.start()
  await gateway.get('/api/info')
  return performance.now() - started
}

async function speak(gateway: GatewayProcess, times: number): Promise<void> {
  const perClient = Math.ceil(DEVICES / CLIENTS)
  await runMqttLoad({
    ...{ port: gateway.mqttPort, connections: CLIENTS, window: 10, publishes: times * perClient * CLIENTS },
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
    message: (connection, index) => bankMessage((connection * perClient + (index % perClient)) % DEVICES, index),
  })
}

/** A start that forgets its alarms is a quick one. */
async function allRaised(gateway: GatewayProcess): Promise<void> {
  const deadline = performance.now() + WITHIN_MS
  for (;;) {
    const open = await gateway.metricSum('outpost_alarms')
    if (open >= POINTS) return
    if (performance.now() > deadline) throw new Error(`${open} of ${POINTS} alarms are open`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function rowOf(
  how: string,
  { rounds, aimMs }: { readonly rounds: readonly (readonly [ours: number, empty: number])[]; readonly aimMs: number },
): Row {
  const ms = median(rounds.map(([ours]) => ours))
  const empty = median(rounds.map(([, each]) => each))
  const thousands = POINTS.toLocaleString('en')
  return {
    name: `start to ready, ${thousands} points and ${thousands} open alarms, ${how}`,
    ours: `${(ms / 1000).toFixed(2)} s`,
    against: `empty start ${(empty / 1000).toFixed(2)} s`,
    ...{ ratio: median(rounds.map(([ours, each]) => ours / each)), aim: `≤ ${aimMs / 1000} s`, met: ms <= aimMs },
    note: rounds.map(([ours, each]) => `${(ours / 1000).toFixed(2)} (${(each / 1000).toFixed(2)})`).join(' '),
  }
}
