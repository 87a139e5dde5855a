/** The alarms that were, from the alarm journal of a gateway, also while it runs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AlarmEvent } from '../alarm-model.ts'
import { openForReading } from '../journal/database.ts'
import { type Occurrence, Occurrences } from './occurrences.ts'
import type { Span } from './recorded-reading.ts'

const PAGE = 1000

/** Null where the directory has no alarm journal. */
export function readPastAlarms(
  directory: string,
  { from, to }: Span,
  { wanted }: { readonly wanted: (device: string) => boolean },
): readonly Occurrence[] | null {
  if (!existsSync(join(directory, 'alarms.sqlite'))) return null
  const db = openForReading(directory, 'alarms.sqlite')
  try {
    const page = db.prepare(
      'SELECT seq, time, json FROM event WHERE (time, seq) > (?, ?) AND time < ? ORDER BY time, seq LIMIT ?',
    )
    const occurrences = new Occurrences()
    for (let [time, seq] = [from, -1]; ; ) {
      const rows = page.all(time, seq, to, PAGE)
      for (const row of rows) {
        const event = JSON.parse(String(row.json)) as AlarmEvent
        // Rows from before there were marks have none.
        const alarm = { ...event.alarm, mark: event.alarm.mark ?? null }
        // Rules of gateways below are not judged here.
        if (alarm.path === undefined && wanted(alarm.device)) occurrences.add({ ...event, alarm })
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE || occurrences.isFull) return occurrences.since(from)
      ;[time, seq] = [Number(last.time), Number(last.seq)]
    }
  } finally {
    db.close()
  }
}
