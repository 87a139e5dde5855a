/** Where equipment in the field differs from GB/T 26875.3-2011, one switch for each difference that was seen. */

export interface Dialect {
  /** Of the length of the application data. The standard: little. */
  readonly lengthOrder: 'little' | 'big'
  /** Of the source and the destination address. The standard: little. */
  readonly addressOrder: 'little' | 'big'
  /** The standard: plain binary, so that 58 is 0x3A. */
  readonly time: 'binary' | 'bcd'
  /** The first byte that is added up. The standard: the first of the control unit, behind the two start characters. */
  readonly checksumFrom: 'control-unit' | 'command'
  /** A time tag behind each object of the types 5, 7, 8, 21, 25, 26 and 28 beyond what the standard gives them. */
  readonly extraTimeTag: boolean
  /** What fills descriptions up to their 31 bytes; both are understood. */
  readonly padding: 'zero' | 'space'
}

export const STANDARD: Dialect = {
  lengthOrder: 'little',
  addressOrder: 'little',
  time: 'binary',
  checksumFrom: 'control-unit',
  extraTimeTag: false,
  padding: 'zero',
}
