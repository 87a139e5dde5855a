/** What a gateway that has ended left on disk, read as its own deliveries would read it. */

import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { JournaledReading } from '../../gateway/delivery-model.ts'
import { createJournal } from '../../gateway/journal/journal.ts'
import { createMemoryLog } from './memory-log.ts'

const PAGE = 10_000

/** Readings are all there only while a sink still waits for them. */
export async function readStored(
  directory: string,
  gatewayId = 'station-1',
): Promise<{ readonly readings: readonly JournaledReading[]; readonly events: readonly AlarmEvent[] }> {
  const journal = createJournal({ directory, gatewayId }, { clock: systemClock, log: createMemoryLog() })
  const { setAside } = await journal.start()
  if (setAside.length > 0) throw new Error(`a damaged file was set aside: ${JSON.stringify(setAside)}`)
  try {
    return {
      readings: await everything((after) => journal.readings(after, PAGE)),
      events: await everything((after) => journal.events(after, PAGE)),
    }
  } finally {
    await journal.stop()
  }
}

async function everything<T extends { readonly seq: number }>(
  read: (after: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const items: T[] = []
  for (;;) {
    const page = await read(items.at(-1)?.seq ?? 0)
    if (page.length === 0) return items
    items.push(...page)
  }
}
