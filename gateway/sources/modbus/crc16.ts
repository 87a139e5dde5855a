/** The CRC-16 of Modbus over serial line (polynomial 0xA001 reflected, start 0xFFFF; MODBUS over Serial Line V1.02, 2.5.1.2). */

const TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

/** CRC of `bytes[start, end)`. It goes on the wire with its low byte first. */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0xffff
  for (let index = start; index < end; index++) {
    crc = (crc >> 8) ^ (TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0)
  }
  return crc
}
