/** What the gateway and the simulator say to each other over Modbus TCP, as Wireshark's dissector understands it. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import { Line } from '../../gateway/sources/modbus/line.ts'
import type { ModbusRequest } from '../../gateway/sources/modbus/pdu.ts'
import { resolveTiming } from '../../gateway/sources/modbus/timing.ts'
import { RegisterBank } from '../../simulator/modbus/register-bank.ts'
import { ModbusStation } from '../../simulator/modbus/station.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { describeReal } from '../support/real-servers.ts'

const REQUESTS: readonly ModbusRequest[] = [
  { type: 'read', table: 'coil', address: 0, count: 11 },
  { type: 'read', table: 'discrete-input', address: 3, count: 1 },
  { type: 'read', table: 'holding-register', address: 0, count: 125 },
  { type: 'read', table: 'input-register', address: 7, count: 2 },
  { type: 'read', table: 'input-register', address: 500, count: 2 },
  { type: 'write-coil', address: 1, value: true },
  { type: 'write-register', address: 1, value: 65_535 },
  { type: 'write-coils', address: 2, values: [true, false, true] },
  { type: 'write-registers', address: 2, values: [7, 8] },
]
const FUNCTIONS = [1, 2, 3, 4, 4, 5, 6, 15, 16]

/** As text2pcap reads it: the direction (in to the station, or out of it), the offset, the bytes. */
type Said = `${'I' | 'O'} 0000 ${string}`

describeReal('tshark')('Modbus TCP under Wireshark', () => {
  const stops: (() => unknown)[] = []
  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  async function startStation(): Promise<number> {
    const station = new ModbusStation({ type: 'modbus-tcp', host: '127.0.0.1', port: 0 })
    const bank = new RegisterBank()
    for (const table of ['coil', 'discrete-input', 'input-register', 'holding-register'] as const) {
      bank.define(table, { address: 0, count: 200 })
    }
    station.addUnit(9, bank)
    await station.start()
    stops.push(() => station.stop())
    return station.port as number
  }

  /** A port before `port` that writes down what passes. */
  async function overhear(port: number): Promise<{ readonly port: number; readonly said: Said[] }> {
    const said: Said[] = []
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      for (const [from, to, direction] of [
        [near, far, 'I'],
        [far, near, 'O'],
      ] as const) {
        from.on('data', (bytes) => {
          said.push(`${direction} 0000 ${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`)
          to.write(bytes)
        })
        from.on('close', () => to.destroy())
        from.on('error', () => {})
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(() => void server.close())
    return { port: (server.address() as AddressInfo).port, said }
  }

  function dissected(said: readonly Said[]): readonly (readonly string[])[] {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-tshark-'))
    stops.push(() => rmSync(folder, { recursive: true }))
    const [text, capture] = [join(folder, 'said.txt'), join(folder, 'said.pcap')]
    writeFileSync(text, `${said.join('\n')}\n`)
    execFileSync('text2pcap', ['-q', '-D', '-T', '40000,502', text, capture], { stdio: 'ignore' })
    const fields = [
      'mbtcp.trans_id',
      'mbtcp.unit_id',
      'modbus.func_code',
      'modbus.request_frame',
      'modbus.exception_code',
    ]
    const wanted = [...fields, '_ws.malformed', '_ws.expert.message'].flatMap((field) => ['-e', field])
    const out = execFileSync('tshark', ['-r', capture, '-T', 'fields', ...wanted], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return out
      .toString()
      .replace(/\n$/, '')
      .split('\n')
      .map((row) => row.split('\t'))
  }

  test('every request has its reply, and nothing is malformed', async () => {
    const { port, said } = await overhear(await startStation())
    const transport = { type: 'modbus-tcp', host: '127.0.0.1', port } as const
    const timing = resolveTiming(transport, { timeoutMs: 5000 })
    const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log: createMemoryLog() })
    stops.push(() => line.stop())
    line.start()
    for (const request of REQUESTS) expect(await line.request(9, request)).toMatchObject({ type: 'reply' })
    const rows = dissected(said)
    const first = Number(rows[0]?.[0])
    expect(rows).toEqual(
      FUNCTIONS.flatMap((functionCode, i) => {
        const frame = [`${(first + i) & 0xffff}`, '9', `${functionCode}`]
        const exception = REQUESTS[i]?.address === 500 ? '2' : ''
        // The dissector looks for the request of a reply, but not for that of an exception.
        const asked = exception === '' ? `${2 * i + 1}` : ''
        return [
          [...frame, '', '', '', ''],
          [...frame, asked, exception, '', ''],
        ]
      }),
    )
  })
})
