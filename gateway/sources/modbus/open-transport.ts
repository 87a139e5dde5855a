import type { Connection, OpenOptions, TransportOptions } from './transport.ts'
import { openTcp } from './transport-tcp.ts'

/** Opens the stream, or throws an error whose message names the endpoint, what went wrong and what to check. */
export async function openTransport(transport: TransportOptions, options: OpenOptions): Promise<Connection> {
  if (transport.type !== 'modbus-rtu') return openTcp(transport, options)
  // Loaded only here: serialport brings a native add-on, and a gateway without serial lines must run without it.
  const { openSerial } = await import('./transport-serial.ts')
  return openSerial(transport, options)
}
