/**
 * npm run bench [-- id …]: one table and a JSON file. Every row is a ratio to a peer or a limit measured in the same
 * run, because machines are noisy; the note shows the ratio of each round. `modbus` stands for every id `modbus-…`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { alarmFlood } from './alarm-flood.ts'
import { brokerDevices } from './broker-devices.ts'
import { ingest } from './ingest.ts'
import { latency } from './latency.ts'
import { modbusCycle } from './modbus-cycle.ts'
import { modbusPolling } from './modbus-polling.ts'
import { modbusRequests } from './modbus-requests.ts'
import { modbusWire } from './modbus-wire.ts'
import type { Bench, Row } from './row.ts'
import { rules } from './rules.ts'
import { simulator } from './simulator.ts'

const BENCHES: readonly Bench[] = [
  alarmFlood,
  ingest,
  brokerDevices,
  latency,
  modbusCycle,
  modbusPolling,
  modbusRequests,
  modbusWire,
  rules,
  simulator,
]
const RESULT = new URL('../../test-artifacts/bench.json', import.meta.url)

const wanted = process.argv.slice(2)
const isMeant = ({ id }: Bench, name: string): boolean => id === name || id.startsWith(`${name}-`)
const unknown = wanted.filter((name) => !BENCHES.some((bench) => isMeant(bench, name)))
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${BENCHES.map((bench) => bench.id).join(', ')}`)
  process.exit(2)
}

const rows: Row[] = []
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.some((name) => isMeant(bench, name))) continue
  console.error(`running ${bench.id} …`)
  rows.push(...(await bench.run()))
}

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`)
console.log('| row | ours | against | ratio | aim | met | rounds |')
console.log('|---|---|---|---|---|---|---|')
for (const { name, ours, against, ratio, aim, met, note } of rows) {
  console.log(
    `| ${name} | ${ours} | ${against} | ${ratio.toFixed(2)} | ${aim} | ${met ? 'yes' : 'no'} | ${note ?? ''} |`,
  )
}
mkdirSync(new URL('.', RESULT), { recursive: true })
writeFileSync(RESULT, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`)
