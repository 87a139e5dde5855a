/** What servers answer that are no InfluxDB, are not set up, or cut answers short: refused, and never taken for silence. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { readInflux } from '../../../gateway/backtest/influx-query.ts'
import type { RecordedReading } from '../../../gateway/backtest/recorded-reading.ts'
import { startReceiver, status } from '../../support/http-receiver.ts'

const SPAN = { from: 0, to: 1000 }
const COLUMNS = ['time', 'device', 'point', 'value', 'state', 'text', 'quality', 'reason', 'replayed']

async function read(code: number, body: unknown, headers: Record<string, string> = {}): Promise<RecordedReading[]> {
  const server = await startReceiver(status(code, headers, typeof body === 'string' ? body : JSON.stringify(body)))
  onTestFinished(() => server.close())
  const source = { url: server.url, database: 'outpost' }
  return (await Array.fromAsync(readInflux(source, SPAN, { wanted: () => true, environment: {} }))).flat()
}
const results = (result: object) => ({ results: [result] })

describe('readings from a server', () => {
  test('with none of them are none', async () => {
    expect(await read(200, results({}))).toEqual([])
  })

  test.each([
    ['no InfluxQL', 200, results({ series: [{ name: 'databases', columns: ['name'], values: [['x']] }] }), /--csv/],
    ['a page of HTML', 200, '<html>', /expected an answer of InfluxDB.* got status 200/],
    ['no right', 401, { error: 'authorization failed' }, /401: authorization failed; set OUTPOST_TOKEN/],
    ['an error in the answer', 200, results({ error: 'database not found: outpost' }), /database not found/],
  ])('that says %s are refused', async (_, code, body, problem) => {
    await expect(read(code, body)).rejects.toThrow(problem)
  })

  test('of InfluxDB 2 without a mapping say what it needs', async () => {
    const body = { code: 'not found', message: 'no dbrp mapping found' }
    await expect(read(404, body, { 'x-influxdb-version': 'v2.7.10' })).rejects.toThrow(
      /no dbrp mapping found; InfluxDB 2/,
    )
  })

  test('that cuts answers short are not taken for all there are', async () => {
    const values = [[1, 'd', 'p', 1, null, null, 'good', null, null]]
    const cut = results({ series: [{ columns: COLUMNS, values, partial: true }] })
    await expect(read(200, cut)).rejects.toThrow(/max-row-limit/)
    expect(await read(200, results({ series: [{ columns: COLUMNS, values }] }))).toMatchObject([{ point: 'd.p' }])
  })
})
