/**
 * Ten thousand devices report something abnormal within a second or two, and people ask the API meanwhile: 99 of 100 answers within
 * 100 ms. Each device raises one alarm; all are journaled, and each goes to the event stream that the console has open.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import mqtt from 'mqtt'
import { EventReader } from '../support/event-reader.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { quantile } from './support/statistics.ts'

const DEVICES = Number(process.env.OUTPOST_BENCH_DEVICES ?? 10_000)
const PATHS = [
  '/api/health',
  '/api/info',
  '/api/modes',
  '/api/alarms/tag-0.removed',
  '/api/devices/tag-0/commands',
] as const
const AIM_MS = 100
const ASKER = new URL('./support/asker-process.ts', import.meta.url).pathname

export const alarmFlood: Bench = {
  id: 'alarm-flood',
  async run() {
    const gateway = await GatewayProcess.create({
      devices: Array.from({ length: DEVICES }, (_, i) => ({
        ...{
          id: `tag-${i}`,
          place: '大厅',
          profile: 'outpost-ref-extinguisher-tag',
          broker: 'embedded',
          address: `tag-${i}`,
        },
        rules: { removed: { onDelay: '0s' } },
      })),
    })
    try {
      await gateway.start()
      const rows = await measure(gateway)
      await gateway.end()
      return rows
    } finally {
      await gateway.remove()
    }
  },
}

async function measure(gateway: GatewayProcess): Promise<readonly Row[]> {
  const url = `http://127.0.0.1:${gateway.httpPort}`
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
  })
  const say = (i: number, present: boolean) =>
    client.publishAsync(`outpost/extinguisher/tag-${i}`, JSON.stringify({ present }), { qos: 1 })
  await Promise.all([say(0, false), say(0, true)])
  const calm = await ask(url, { until: later(2000) })
  const reader = await EventReader.open(`${url}/api/events`)
  let took = 0
  const storm = async () => {
    await later(500)
    const started = performance.now()
    await Promise.all(Array.from({ length: DEVICES }, (_, i) => say(i, false)))
    took = performance.now() - started
  }
  const during = await ask(url, { until: storm() })
  await reader.waitUntil(() => reader.named('alarm').length >= DEVICES)
  reader.close()
  await client.endAsync()
  const groups = await timed(`${url}/api/alarm-groups`)
  return [
    row('one question', quantile(during, 0.99), { calm: quantile(calm, 0.99), took, asked: during.length }),
    row('all alarms in groups, once, after it', groups, { calm: quantile(calm, 0.99), took, asked: 1 }),
  ]
}

/** In a process of its own: this one is busy with publishing and with reading the stream. */
async function ask(url: string, { until }: { readonly until: Promise<unknown> }): Promise<readonly number[]> {
  const child = spawn(process.execPath, [ASKER, url, ...PATHS], { stdio: ['pipe', 'pipe', 'inherit'] })
  let answers = ''
  child.stdout.on('data', (bytes) => {
    answers += String(bytes)
  })
  await until
  child.stdin.end()
  await once(child, 'close')
  return JSON.parse(answers) as number[]
}

async function timed(address: string): Promise<number> {
  const started = performance.now()
  const answer = await fetch(address)
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
  return performance.now() - started
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function row(
  what: string,
  ms: number,
  { calm, took, asked }: { readonly calm: number; readonly took: number; readonly asked: number },
): Row {
  return {
    name: `${DEVICES} alarms in ${(took / 1000).toFixed(1)} s, API p99, ${what}`,
    ours: `${ms.toFixed(1)} ms`,
    against: `aim ${AIM_MS} ms (calm ${calm.toFixed(1)} ms)`,
    ratio: ms / AIM_MS,
    aim: '≤ 1',
    met: ms <= AIM_MS,
    note: `${asked} questions`,
  }
}
