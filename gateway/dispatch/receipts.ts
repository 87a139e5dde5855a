/** Which confirmations say something new. */
import { RECEIPT_STATES } from '../dispatch-event.ts'
import type { Receipt } from '../dispatch-model.ts'
import { type KnownNotification, receiptKey } from './case.ts'

/** Of one notification; more are not recorded, so that nobody fills the disk. */
const MOST_RECEIPTS = 50

/** A repetition says nothing; a second person who acknowledges, or a state that is further, does. */
export function saysMore(known: KnownNotification, said: Pick<Receipt, 'state' | 'by'>): boolean {
  if (known.receipts.length >= MOST_RECEIPTS || known.receipts.includes(receiptKey(said))) return false
  if (said.by !== null && (said.state === 'seen' || said.state === 'acknowledged')) return true
  const before = known.state === null || known.state === 'withdrawn' ? -1 : RECEIPT_STATES.indexOf(known.state)
  return RECEIPT_STATES.indexOf(said.state) > before
}
