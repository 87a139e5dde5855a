/** Reads a period of the alarm journal page by page, so that a year of it stands in front of nothing. */
import type { Journal } from '../journal/journal-types.ts'
import type { Period } from '../statistics/alarm-statistics.ts'
import type { LedgerMoment } from '../statistics/ledger-moment.ts'

const PAGE = 1000

/** In order of time. Between two pages everything else has its turn. */
export async function walkLedger(
  journal: Pick<Journal, 'ledgerMoments'>,
  { from, to }: Period,
  add: (moment: LedgerMoment) => void,
): Promise<void> {
  for (let after = { time: from, seq: -1 }; ; ) {
    const page = await journal.ledgerMoments({ after, to, limit: PAGE })
    for (const moment of page) add(moment)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = { time: last.time, seq: last.seq }
  }
}
