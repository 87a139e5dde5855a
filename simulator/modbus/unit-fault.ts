/** How a unit misbehaves, and what then goes out instead of its right answer. */
import { exception } from './answer.ts'
import type { Framing, Request } from './framing.ts'

export type UnitFault =
  | { readonly type: 'silent' }
  | { readonly type: 'exception'; readonly code: number }
  /** The right answer, `ms` later than it would have come. */
  | { readonly type: 'late'; readonly ms: number }
  /** As many bytes as the right answer has, at random. */
  | { readonly type: 'garbage' }
  /** Only the first half of the right answer. */
  | { readonly type: 'truncated' }
  /** The right answer, under the unit id after its own. */
  | { readonly type: 'wrong-unit' }
  /** The connection is closed instead of an answer; on a serial line: silence. */
  | { readonly type: 'disconnect' }
  /** Writes are answered as if they were carried out, and nothing is written. Reads are right. */
  | { readonly type: 'forgets-writes' }

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
  /** PDU of the right answer. */
  readonly answer: Uint8Array
  readonly framing: Framing
  /** In [0, 1). */
  readonly random: () => number
}

export function replyOf(fault: UnitFault | null, { request, answer, framing, random }: Exchange): Reply {
  const right = (): Uint8Array => framing.encode(request, answer)
  switch (fault?.type) {
    case undefined:
    // What is wrong with it happened before the answer.
    case 'forgets-writes':
      return atOnce(right())
    case 'silent':
      return { type: 'none' }
    case 'disconnect':
      return { type: 'close' }
    case 'late':
      return { type: 'bytes', parts: [{ bytes: right(), afterMs: fault.ms }] }
    case 'exception':
      return atOnce(framing.encode(request, exception(request.pdu, fault.code)))
    case 'garbage':
      return atOnce(right().map(() => Math.floor(random() * 256)))
    case 'truncated': {
      const bytes = right()
      return atOnce(bytes.subarray(0, Math.floor(bytes.length / 2)))
    }
    case 'wrong-unit':
      return atOnce(framing.encode({ ...request, unitId: (request.unitId % 247) + 1 }, answer))
  }
}

export function atOnce(bytes: Uint8Array): Reply {
  return { type: 'bytes', parts: [{ bytes, afterMs: 0 }] }
}
