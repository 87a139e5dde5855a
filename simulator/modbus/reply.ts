/** What goes out for one request: the right answer, or what a fault makes of it. */
import { EXCEPTION, exception } from './answer.ts'
import type { Framing, Request } from './framing.ts'
import type { UnitFault } from './unit-fault.ts'

export type Reply =
  | { readonly type: 'none' }
  | { readonly type: 'close' }
  | { readonly type: 'bytes'; readonly parts: readonly ReplyPart[] }

export interface ReplyPart {
  readonly bytes: Uint8Array
  /** After the part before it; of the first part, after the moment at which the unit would answer. */
  readonly afterMs: number
  /** Pause before each byte but the first; none if absent. */
  readonly byteMs?: number
}

export interface Exchange {
  readonly request: Request
  /** Carries the request out and gives the PDU of the right answer. Called once at most: a unit that is not there does nothing. */
  readonly answer: () => Uint8Array
  /** The same PDU, and nothing is carried out. */
  readonly pretended: () => Uint8Array
  readonly framing: Framing
  /** In [0, 1). */
  readonly random: () => number
}

export function rightReply({ request, answer, framing }: Exchange): Reply {
  return atOnce(framing.encode(request, answer()))
}

export function faultyReply(fault: UnitFault, exchange: Exchange): Reply {
  const { request, answer, pretended, framing, random } = exchange
  const right = (): Uint8Array => framing.encode(request, answer())
  switch (fault.type) {
    case 'silent':
      return { type: 'none' }
    case 'lost':
      answer()
      return { type: 'none' }
    case 'forgets-writes':
      return atOnce(framing.encode(request, pretended()))
    case 'disconnect':
      return { type: 'close' }
    case 'exception':
      return atOnce(framing.encode(request, exception(request.pdu, fault.code)))
    case 'busy':
      return atOnce(framing.encode(request, exception(request.pdu, EXCEPTION.busy)))
    case 'late':
      return inParts({ bytes: right(), afterMs: fault.ms })
    case 'slow':
      return inParts({ bytes: right(), afterMs: 0, byteMs: fault.ms })
    case 'duplicated': {
      const bytes = right()
      return inParts({ bytes, afterMs: 0 }, { bytes, afterMs: fault.ms })
    }
    case 'foreign':
      return foreignReply(fault, exchange)
    case 'garbage':
      return atOnce(right().map(() => Math.floor(random() * 256)))
    case 'truncated': {
      const bytes = right()
      return atOnce(bytes.subarray(0, Math.floor(bytes.length / 2)))
    }
    case 'bad-crc':
      return atOnce(right().map((byte, i, { length }) => (i < length - 2 ? byte : byte ^ 0xff)))
    case 'wrong-unit':
      return atOnce(framing.encode({ ...request, unitId: nextUnit(request.unitId) }, answer()))
    case 'wrong-transaction':
      return atOnce(framing.encode({ ...request, transactionId: (request.transactionId - 1) & 0xffff }, answer()))
  }
}

/** Functions that a master could mistake for one another. */
const NEIGHBOURS: Readonly<Record<number, number>> = { 1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 15: 16, 16: 15 }

/** A frame of the same shape, so that only who looks closely tells it from the right one. */
function foreignReply(
  { of, place }: Extract<UnitFault, { type: 'foreign' }>,
  { request, answer, framing }: Exchange,
): Reply {
  const pdu = answer()
  const [functionCode = 0] = pdu
  const isRead = functionCode >= 1 && functionCode <= 4
  // The function code and the byte count of a read stay: a length that is wrong would give it away.
  const turned = pdu.map((byte, i) => (i < (isRead ? 2 : 1) ? byte : byte ^ 0xff))
  if (of === 'function') turned[0] = NEIGHBOURS[functionCode & 0x7f] ?? functionCode
  const unitId = of === 'unit' ? nextUnit(request.unitId) : request.unitId
  const foreign = { bytes: framing.encode({ ...request, unitId }, turned), afterMs: 0 }
  const right = { bytes: framing.encode(request, pdu), afterMs: 0 }
  return place === 'before' ? inParts(foreign, right) : inParts(right, foreign)
}

function nextUnit(unitId: number): number {
  return (unitId % 247) + 1
}

function inParts(...parts: readonly ReplyPart[]): Reply {
  return { type: 'bytes', parts }
}

function atOnce(bytes: Uint8Array): Reply {
  return { type: 'bytes', parts: [{ bytes, afterMs: 0 }] }
}
