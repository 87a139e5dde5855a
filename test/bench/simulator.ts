/**
 * How many requests one process of the simulator answers, so that it is never what a measurement of a gateway measures:
 * against modbus-serial's own server, and against a socket server that knows nothing of Modbus and only copies ids. The
 * same master asks all of them, in turns, and the ratio is taken round by round.
 */
import type { Bench, Row } from './row.ts'
import { type ModbusLoad, runModbusLoad } from './support/modbus-load.ts'
import { type ModbusServer, startModbusServer } from './support/modbus-server-process.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 5
const LINES = 10
const UNITS_PER_LINE = 250
const STALLED_AFTER_MS = 5000

interface Comparison {
  readonly name: string
  readonly load: Pick<ModbusLoad, 'connections' | 'window' | 'registers'>
  readonly requests: { readonly ours: number; readonly other: number }
  readonly against: 'modbus-serial' | 'bare'
  readonly aim: number
}

const COMPARISONS: readonly Comparison[] = [
  {
    name: 'one connection, each read waits for the one before',
    load: { connections: 1, window: 1, registers: 10 },
    ...{ requests: { ours: 10_000, other: 500 }, against: 'modbus-serial', aim: 10 },
  },
  {
    name: '100 connections, one read of each in flight',
    load: { connections: 100, window: 1, registers: 30 },
    ...{ requests: { ours: 50_000, other: 10_000 }, against: 'modbus-serial', aim: 1 },
  },
  {
    name: '500 connections, 4 reads of each in flight, 30 registers',
    load: { connections: 500, window: 4, registers: 30 },
    ...{ requests: { ours: 150_000, other: 150_000 }, against: 'bare', aim: 0.4 },
  },
  {
    name: '100 connections, 4 reads of each in flight, 125 registers',
    load: { connections: 100, window: 4, registers: 125 },
    ...{ requests: { ours: 150_000, other: 150_000 }, against: 'bare', aim: 0.4 },
  },
]

export const simulator: Bench = {
  id: 'simulator',
  async run() {
    const servers: ModbusServer[] = []
    const start = async (...how: readonly string[]): Promise<ModbusServer> => {
      const server = await startModbusServer(how)
      servers.push(server)
      return server
    }
    try {
      const station = await start('station', `${LINES}`, `${UNITS_PER_LINE}`)
      const others = { 'modbus-serial': await start('modbus-serial'), bare: await start('bare') }
      const rows: Row[] = []
      for (const each of COMPARISONS) rows.push(await compare(each, { station, other: others[each.against] }))
      return rows
    } finally {
      for (const server of servers) await server.stop()
    }
  },
}

async function compare(
  { name, load, requests, against, aim }: Comparison,
  { station, other }: { readonly station: ModbusServer; readonly other: ModbusServer },
): Promise<Row> {
  let stalls = 0
  const ask = async ({ ports }: ModbusServer, count: number): Promise<number> => {
    const options = { ...load, ports, requests: count, units: UNITS_PER_LINE, stalledAfterMs: STALLED_AFTER_MS }
    const { perSecond, isStalled } = await runModbusLoad(options)
    if (isStalled) stalls++
    return perSecond
  }
  const rounds: { ours: number; theirs: number }[] = []
  for (let round = -1; round < ROUNDS; round++) {
    const both = { ours: await ask(station, requests.ours), theirs: await ask(other, requests.other) }
    // The first round lets both compile what they run.
    if (round >= 0) rounds.push(both)
  }
  const ratio = median(rounds.map(({ ours, theirs }) => ours / theirs))
  const ours = median(rounds.map((round) => round.ours))
  const stalled = stalls === 0 ? '' : `, stalled ${stalls} times`
  return {
    name: `reads answered by one simulator (${LINES * UNITS_PER_LINE} units), ${name}`,
    ours: perSecondText(ours),
    against: `${against === 'bare' ? 'bare socket server' : 'modbus-serial'} ${perSecondText(
      median(rounds.map(({ theirs }) => theirs)),
    )}${stalled}`,
    ratio,
    aim: `≥ ${aim}`,
    met: ratio >= aim,
    note: rounds.map((round) => (round.ours / round.theirs).toFixed(2)).join(' '),
  }
}

function perSecondText(value: number): string {
  return `${Math.round(value).toLocaleString('en')} /s`
}
