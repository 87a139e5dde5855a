/** A serial port with RS-485 or RS-232 behind it. */
import { SerialPort } from 'serialport'
import type { Connection, OpenOptions, SerialSettings } from './transport.ts'

export async function openSerial(settings: SerialSettings, { onData }: OpenOptions): Promise<Connection> {
  const { path, baudRate, parity, dataBits, stopBits } = settings
  const port = new SerialPort({ path, baudRate, parity, dataBits, stopBits, autoOpen: false })
  let cause: string | null = null
  port.on('error', (error) => {
    cause ??= error.message
  })
  await new Promise<void>((resolve, reject) => {
    port.open((error) =>
      error ? reject(new Error(`cannot open the serial port ${path}: ${explain(error)}`)) : resolve(),
    )
  })
  const closed = new Promise<string>((resolve) => {
    // The port is given the cause when the adapter is pulled out.
    port.once('close', (error: Error | null) => resolve(cause ?? error?.message ?? 'the serial port was closed'))
  })
  closeOnHangUp(port)
  port.on('data', onData)
  return {
    write: (bytes) => void port.write(bytes),
    close() {
      if (!port.isOpen || port.closing) return
      // Bytes that still wait in the driver must not come out as the start of the next connection.
      port.flush(() => port.close(() => {}))
    },
    closed,
  }
}

/**
 * The binding takes the end of file, which a terminal gives when its adapter is gone, for an empty read and reads again for
 * ever (bindings-cpp #162): a port that was pulled out while bytes came would never close. Its poller knows better.
 */
function closeOnHangUp(port: SerialPort): void {
  const { poller } = (port.port ?? {}) as { readonly poller?: Poller }
  poller?.once('disconnect', (error) => {
    if (error?.canceled !== true && port.isOpen) port.close(() => {}, error ?? undefined)
  })
}

/** Of the binding on Linux and macOS; Windows has none. */
interface Poller {
  once(event: 'disconnect', action: (error: (Error & { readonly canceled?: boolean }) | null) => void): void
}

function explain(error: Error): string {
  if (/No such file/i.test(error.message)) return 'it does not exist; check the path and that the adapter is plugged in'
  if (/Permission denied|Access denied/i.test(error.message)) {
    return 'access is denied; the user must be in the group that owns it (often dialout)'
  }
  if (/lock|busy/i.test(error.message)) return 'another program has it open'
  return error.message
}
