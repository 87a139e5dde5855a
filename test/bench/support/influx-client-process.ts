/**
 * The official client writes lines that were prepared in memory. Arguments: URL, database, lines. It waits for each request
 * before the next one, as the gateway does. Prints one line of JSON and ends.
 */
import { InfluxDB } from '@influxdata/influxdb-client'
import { readingLine } from '../../../gateway/sinks/influx-lines.ts'

const LINES_PER_REQUEST = 2000
const TAGS = 200
const POINTS = ['pressure', 'temperature', 'present', 'battery']

const [url = '', database = '', lines = ''] = process.argv.slice(2)
const count = Number(lines)
const api = new InfluxDB({ url }).getWriteApi('', '', 'ns', {
  ...{ batchSize: LINES_PER_REQUEST + 1, flushInterval: 0, maxRetries: 0 },
})
// The client's own way to servers that have no v2 API.
api.path = `/write?db=${encodeURIComponent(database)}`

const start = Date.now() - count / 1000
const prepared = Array.from({ length: count }, (_, index) => lineOf(index))
const started = performance.now()
for (let at = 0; at < count; at += LINES_PER_REQUEST) {
  api.writeRecords(prepared.slice(at, at + LINES_PER_REQUEST))
  await api.flush()
}
const seconds = (performance.now() - started) / 1000
await api.close()
console.log(JSON.stringify({ readings: count, seconds }))
process.exit(0)

function lineOf(index: number): string {
  const point = POINTS[index % POINTS.length] as string
  const device = `tag-${Math.floor(index / POINTS.length) % TAGS}`
  const time = start + index / 1000
  const number = point === 'pressure' ? 1150 + (index % 501) / 10 : 21.5
  const isState = point === 'present'
  return readingLine(
    { point: `${device}.${point}`, time, receivedAt: time, value: isState ? 1 : number, quality: 'good' },
    () => ({
      ...{ station: 'longtian', device, pointId: point, kind: 'extinguisher' },
      ...{ type: isState ? 'boolean' : 'number', unit: '1' },
    }),
  )
}
