/**
 * Requests per second on one Modbus TCP connection, each waiting for the reply before it, against a bare loop over
 * modbus-serial that reads the same registers from the same server and does nothing with them. The line alone does as
 * little; the whole gateway decodes every value, judges it, and has it on disk.
 */
import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { type FarProcess, startFarProcess } from './support/far-process.ts'
import { writeRegisterProfiles } from './support/register-profiles.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 3
const FLOATS_PER_READ = 5
const READS_PER_UNIT = 40
const UNITS = 8
const WARM_UP_MS = 6000
const MEASURE_MS = 4000
const AIM = 0.9
const PROFILE = { floats: FLOATS_PER_READ * READS_PER_UNIT, perRead: FLOATS_PER_READ }

type Field = FarProcess<{ readonly ports: readonly number[] }>

export const modbusRequests: Bench = {
  id: 'modbus-requests',
  async run() {
    const field: Field = await startFarProcess('register-field.ts', { args: ['1'] })
    try {
      const rounds: { readonly peer: number; readonly line: number; readonly gateway: number }[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const peer = await loop('modbus-serial', field)
        rounds.push({ peer, line: await loop('line', field), gateway: await pollAtFullSpeed(field) })
      }
      return [
        rowOf('the line alone', rounds, ({ line }) => line),
        rowOf('the gateway', rounds, ({ gateway }) => gateway),
      ]
    } finally {
      await field.stop()
    }
  },
}

async function loop(kind: 'modbus-serial' | 'line', { said }: Field): Promise<number> {
  const args = [kind, `${said.ports[0]}`, `${2 * FLOATS_PER_READ}`]
  const { said: result } = await startFarProcess<{ readonly perSecond: number }>('read-loop.ts', { args })
  return result.perSecond
}

/** Units that are due again before their cycle has ended, so that the line always has a request waiting. */
async function pollAtFullSpeed({ said }: Field): Promise<number> {
  const deviceProfiles = writeRegisterProfiles([PROFILE])
  const gateway = await GatewayProcess.create({
    deviceProfiles,
    lines: [{ id: 'line', type: 'modbus-tcp', host: '127.0.0.1', port: said.ports[0] }],
    devices: Array.from({ length: UNITS }, (_, i) => ({
      ...{ id: `device-${i}`, place: '机房', profile: `floats-${PROFILE.floats}`, line: 'line', unitId: i + 1 },
      pollInterval: '5ms',
    })),
  })
  try {
    await gateway.start()
    await delay(WARM_UP_MS)
    const before = { at: performance.now(), answers: await answersOf(gateway) }
    await delay(MEASURE_MS)
    const answers = await answersOf(gateway)
    return ((answers - before.answers) * 1000) / (performance.now() - before.at)
  } finally {
    await gateway.remove()
    rmSync(deviceProfiles, { recursive: true })
  }
}

function answersOf(gateway: GatewayProcess): Promise<number> {
  return gateway.metric('outpost_modbus_requests_total{line="line",result="answered"}')
}

function rowOf<T extends { readonly peer: number }>(name: string, rounds: readonly T[], of: (round: T) => number): Row {
  const perSecond = (value: number) => `${Math.round(value).toLocaleString('en')} /s`
  const ratios = rounds.map((round) => of(round) / round.peer)
  return {
    name: `requests on one Modbus TCP connection, ${2 * FLOATS_PER_READ} registers each: ${name}`,
    ours: perSecond(median(rounds.map(of))),
    against: `modbus-serial loop ${perSecond(median(rounds.map(({ peer }) => peer)))}`,
    ...{ ratio: median(ratios), aim: `≥ ${AIM}`, met: median(ratios) >= AIM },
    note: ratios.map((ratio) => ratio.toFixed(2)).join(' '),
  }
}
