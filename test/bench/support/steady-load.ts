/** What a gateway takes of the machine while it does the same thing second after second. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayProcess } from '../../support/gateway-process.ts'
import { cpuSecondsOf, peakMegabytes, residentMegabytes } from './process-figures.ts'
import { median } from './statistics.ts'

export interface SteadyLoad {
  /** User and system time of all threads, as a share of one core. */
  readonly cores: number
  /** VmRSS, the median of one look a second. */
  readonly megabytes: number
  /** VmHWM: the highest VmRSS since the process began. */
  readonly peakMegabytes: number
  /** On disk. */
  readonly readingsPerSecond: number
  /** Polls that were left out because the gateway or the field was too slow. */
  readonly skippedCycles: number
}

export async function measureLoad(
  gateway: GatewayProcess,
  { warmUpSeconds, seconds }: { readonly warmUpSeconds: number; readonly seconds: number },
): Promise<SteadyLoad> {
  await delay(warmUpSeconds * 1000)
  const pid = gateway.pid as number
  const look = () => ({ at: performance.now(), cpu: cpuSecondsOf(pid), seq: lastReadingSeq(gateway) })
  const memory: number[] = []
  const before = look()
  for (let second = 0; second < seconds; second++) {
    await delay(1000)
    memory.push(residentMegabytes(pid))
  }
  const after = look()
  const elapsed = (after.at - before.at) / 1000
  return {
    cores: (after.cpu - before.cpu) / elapsed,
    megabytes: median(memory),
    peakMegabytes: peakMegabytes(pid),
    readingsPerSecond: (after.seq - before.seq) / elapsed,
    skippedCycles: await gateway.metricSum('outpost_modbus_skipped_cycles_total'),
  }
}

/** From the file, not from the gateway: what stands there is on disk. */
function lastReadingSeq(gateway: GatewayProcess): number {
  const db = new DatabaseSync(join(gateway.folder, 'data/readings.sqlite'), { readOnly: true, timeout: 1000 })
  try {
    return Number(db.prepare('SELECT max(last_seq) AS seq FROM block').get()?.seq ?? 0)
  } finally {
    db.close()
  }
}
