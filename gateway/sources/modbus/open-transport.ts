import type { OpenTransport } from './transport.ts'
import { openTcp } from './transport-tcp.ts'

export const openTransport: OpenTransport = async (transport, options) => {
  if (transport.type !== 'modbus-rtu') return openTcp(transport, options)
  // Loaded only here: serialport brings a native add-on, and a gateway without serial lines must run without it.
  const { openSerial } = await import('./transport-serial.ts')
  return openSerial(transport, options)
}
