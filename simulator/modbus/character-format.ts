/** How characters stand on a serial line, and how long they take. */

export interface CharacterFormat {
  readonly baudRate: number
  /** None if absent. */
  readonly parity?: 'none' | 'even' | 'odd'
  /** 1 if absent. */
  readonly stopBits?: 1 | 2
}

/** A start bit, 8 data bits, parity and stop bits. */
export function characterMs({ baudRate, parity = 'none', stopBits = 1 }: CharacterFormat): number {
  return ((9 + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baudRate
}

/** The silence that ends a frame: 3.5 characters, or 1.75 ms above 19,200 baud [Modbus serial line 2.5.1.1]. */
export function frameSilenceMs(format: CharacterFormat): number {
  return format.baudRate > 19_200 ? 1.75 : 3.5 * characterMs(format)
}
