/** How the units on a line misbehave: what goes out instead of a right answer, and how often. */

/** Strikes every answer, if neither is given. */
export interface FaultShare {
  /** Strikes every so many answers: at 10 the 10th, the 20th … */
  readonly every?: number
  /** Strikes this share of the answers, from 0 to 1, by a seeded chance. */
  readonly share?: number
}

export type UnitFault = FaultShare &
  (
    | /** Nobody is there: nothing is carried out and nothing answered. */ { readonly type: 'silent' }
    /** Everything is carried out, and the answer is lost on its way. */
    | { readonly type: 'lost' }
    /** Writes are answered as if they were carried out, and nothing is written. Reads are right. */
    | { readonly type: 'forgets-writes' }
    /** Nothing is carried out. */
    | { readonly type: 'exception'; readonly code: number }
    /** Exception 6 so many times for the same request, then the right answer, then busy anew. */
    | { readonly type: 'busy'; readonly times: number }
    /** The right answer, `ms` later than it would have come. */
    | { readonly type: 'late'; readonly ms: number }
    /** The right answer with a pause of `ms` before each byte but the first. */
    | { readonly type: 'slow'; readonly ms: number }
    /** The right answer twice, the second one `ms` behind the first. */
    | { readonly type: 'duplicated'; readonly ms: number }
    /** The right answer, and beside it one that nobody asked for: of the next unit id or another function, all bits of its data turned. */
    | { readonly type: 'foreign'; readonly of: 'unit' | 'function'; readonly place: 'before' | 'behind' }
    /** As many bytes as the right answer has, at random. */
    | { readonly type: 'garbage' }
    /** Only the first half of the right answer. */
    | { readonly type: 'truncated' }
    /** The right answer with a wrong checksum. RTU only. */
    | { readonly type: 'bad-crc' }
    /** The right answer, under the unit id after its own. */
    | { readonly type: 'wrong-unit' }
    /** The right answer, under the transaction id before its own. Modbus TCP only. */
    | { readonly type: 'wrong-transaction' }
    /** The connection is closed instead of an answer; on a serial line: silence. */
    | { readonly type: 'disconnect' }
  )

export type PortFault =
  /** Nothing is read or sent any more; when it is over, what came meanwhile is answered. */
  | { readonly type: 'frozen' }
  /** The connections of this moment are dead and stay open; new ones are served. TCP only. */
  | { readonly type: 'half-open' }
  /** Connections are closed and refused; a serial port is not opened. */
  | { readonly type: 'cut' }

/** Of a whole line: what its units do, or its port. */
export type LineFault = UnitFault | PortFault

export type UnitFaultType = UnitFault['type']
export type PortFaultType = PortFault['type']
export type LineFaultType = LineFault['type']

export function isPortFault(fault: LineFault): fault is PortFault {
  return isPortFaultType(fault.type)
}

export function isPortFaultType(type: string): type is PortFaultType {
  return type === 'frozen' || type === 'half-open' || type === 'cut'
}

/** Why a line of this type cannot have this fault; null when it can. */
export function unfitReason(
  fault: LineFaultType,
  line: 'modbus-tcp' | 'modbus-rtu-over-tcp' | 'modbus-rtu',
): string | null {
  if (fault === 'bad-crc' && line === 'modbus-tcp') return 'Modbus TCP has no checksum'
  if (fault === 'wrong-transaction' && line !== 'modbus-tcp') return 'RTU has no transaction ids'
  if (fault === 'half-open' && line === 'modbus-rtu') return 'a serial line has no connections'
  return null
}
