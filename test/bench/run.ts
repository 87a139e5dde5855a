/**
 * npm run bench [-- id …]: one table and a JSON file. Every row is a ratio to a peer or a limit measured in the same
 * run, because machines are noisy; the note shows the ratio of each round. `modbus` stands for every id `modbus-…`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { alarmFlood } from './alarm-flood.ts'
import { brokerDevices } from './broker-devices.ts'
import { buffer } from './buffer.ts'
import { latencyDrain, latencyLoad } from './busy-latency.ts'
import { dispatchStorm } from './dispatch-storm.ts'
import { influxDrain } from './influx-drain.ts'
import { ingest } from './ingest.ts'
import { latency } from './latency.ts'
import { modbusCycle } from './modbus-cycle.ts'
import { modbusPolling } from './modbus-polling.ts'
import { modbusRequests } from './modbus-requests.ts'
import { modbusWire } from './modbus-wire.ts'
import { nodeRed } from './node-red.ts'
import { type Bench, notMeasured, type Row } from './row.ts'
import { rules } from './rules.ts'
import { simulator } from './simulator.ts'
import { start } from './start.ts'
import { trend } from './trend.ts'

const BENCHES: readonly Bench[] = [
  alarmFlood,
  buffer,
  dispatchStorm,
  influxDrain,
  ingest,
  brokerDevices,
  latency,
  latencyLoad,
  latencyDrain,
  modbusCycle,
  modbusPolling,
  modbusRequests,
  modbusWire,
  nodeRed,
  rules,
  simulator,
  start,
  trend,
]
const RESULT = new URL('../../test-artifacts/bench.json', import.meta.url)

const wanted = process.argv.slice(2)
const isMeant = ({ id }: Bench, name: string): boolean => id === name || id.startsWith(`${name}-`)
const unknown = wanted.filter((name) => !BENCHES.some((bench) => isMeant(bench, name)))
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${BENCHES.map((bench) => bench.id).join(', ')}`)
  process.exit(2)
}

// With an 'exit' the processes that a row has started end too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const rows: Row[] = []
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.some((name) => isMeant(bench, name))) continue
  console.error(`running ${bench.id} …`)
  rows.push(...(await bench.run().catch((error: unknown) => [failed(bench, error)])))
}

/** What one row cannot do must not cost the others. */
function failed({ id }: Bench, error: unknown): Row {
  console.error(error)
  process.exitCode = 1
  return notMeasured(id, { aim: '–', why: String(error).split('\n', 1)[0] ?? '' })
}

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`)
console.log('| row | ours | against | ratio | aim | met | rounds |')
console.log('|---|---|---|---|---|---|---|')
for (const { name, ours, against, ratio, aim, met, note } of rows) {
  console.log(
    `| ${name} | ${ours} | ${against} | ${Number.isNaN(ratio) ? '–' : ratio.toFixed(2)} | ${aim} | ${met ? 'yes' : 'no'} | ${note ?? ''} |`,
  )
}
mkdirSync(new URL('.', RESULT), { recursive: true })
writeFileSync(RESULT, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`)
