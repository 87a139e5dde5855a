/** A serial port with RS-485 or RS-232 behind it. */
import type { SerialPort } from 'serialport'
import type { Clock } from '../../model.ts'
import { RtsSwitch, type SwitchedPort } from './rts-switch.ts'
import type { Connection, OpenOptions, SerialSettings } from './transport.ts'

/** The path is looked up anew each time, so a stable name finds an adapter that came back under another number. */
export async function openSerial(settings: SerialSettings, options: OpenOptions): Promise<Connection> {
  const { path, baudRate, parity, dataBits, stopBits } = settings
  // Its code is large and native, and most lines are networks.
  const { SerialPort } = await import('serialport')
  const port = new SerialPort({ path, baudRate, parity, dataBits, stopBits, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    port.open((error) =>
      error ? reject(new Error(`cannot open the serial port ${path}: ${explain(error)}`)) : resolve(),
    )
  })
  closeOnHangUp(port)
  return connectionOf(port, { ...options, settings })
}

type OpenedPort = Pick<SerialPort, 'set' | 'write' | 'drain' | 'flush' | 'close' | 'isOpen' | 'closing' | 'on' | 'once'>

/** `port` is open. Closes it again where it cannot be used. */
export async function connectionOf(
  port: OpenedPort,
  { settings, clock, onData }: Pick<OpenOptions, 'clock' | 'onData'> & { readonly settings: SerialSettings },
): Promise<Connection> {
  let cause: string | null = null
  port.on('error', (error: Error) => {
    cause ??= error.message
  })
  const closed = new Promise<string>((resolve) => {
    // The port is given the cause when the adapter is pulled out.
    port.once('close', (error: Error | null) => resolve(cause ?? error?.message ?? 'the serial port was closed'))
  })
  const close = (): void => {
    if (!port.isOpen || port.closing) return
    // Bytes that still wait in the driver must not come out as the start of the next connection.
    port.flush(() => port.close(() => {}))
  }
  const fail = (error: unknown): void => {
    cause ??= error instanceof Error ? error.message : String(error)
    close()
  }
  const rts = await switchOf(port, { settings, clock }).catch(async (error: unknown) => {
    fail(error)
    // Locked until then.
    await closed
    throw error
  })
  port.on('data', onData)
  const write = (bytes: Uint8Array): void => {
    if (rts === null) void port.write(bytes)
    else rts.send(bytes).catch(fail)
  }
  return { write, close, closed }
}

async function switchOf(
  port: OpenedPort,
  { settings, clock }: { readonly settings: SerialSettings; readonly clock: Clock },
): Promise<RtsSwitch | null> {
  const { rts, path } = settings
  if (rts === undefined) return null
  const direction = new RtsSwitch(promised(port), { settings, rts, clock })
  try {
    await direction.listen()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot switch RTS of the serial port ${path}: ${why}; take rts out, where it needs none`, {
      cause: error,
    })
  }
  return direction
}

function promised(port: OpenedPort): SwitchedPort {
  const settle = (resolve: () => void, reject: (error: Error) => void) => (error?: Error | null) =>
    error ? reject(error) : resolve()
  return {
    // DTR feeds some adapters, and `set` means it too.
    set: ({ rts }) => new Promise((resolve, reject) => port.set({ rts, dtr: true }, settle(resolve, reject))),
    write: (bytes) => new Promise((resolve, reject) => void port.write(bytes, settle(resolve, reject))),
    drain: () => new Promise((resolve, reject) => port.drain(settle(resolve, reject))),
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
