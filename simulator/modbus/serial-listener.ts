/** A station on a serial line, or on one end of a pair of pseudo terminals. */
import type { SerialPort } from 'serialport'
import type { CharacterFormat } from './character-format.ts'
import type { Listener, ListenerOptions, StationConnection } from './listener.ts'

export interface SerialPlace extends CharacterFormat {
  readonly path: string
}

/** An adapter that was pulled out is looked for this often. */
const REOPEN_MS = 500

export class SerialListener implements Listener {
  readonly port = null
  readonly turnedAway = 0
  readonly #line: SerialPlace
  readonly #options: ListenerOptions
  #isWanted = false
  #opened = 0
  #serial: SerialPort | null = null
  #connection: StationConnection | null = null
  #isFrozen = false
  #reopen: NodeJS.Timeout | null = null

  constructor(line: SerialPlace, options: ListenerOptions) {
    this.#line = line
    this.#options = options
  }

  get connections(): number {
    return this.#serial === null ? 0 : 1
  }

  get accepted(): number {
    return this.#opened
  }

  async start(): Promise<void> {
    if (this.#isWanted) return
    this.#isWanted = true
    try {
      await this.#open()
    } catch (error) {
      this.#isWanted = false
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    if (this.#reopen !== null) clearTimeout(this.#reopen)
    this.#reopen = null
    const serial = this.#serial
    this.#serial = null
    if (serial?.isOpen) await new Promise<void>((resolve) => serial.close(() => resolve()))
  }

  /** A serial line has no connections that could be dropped or abandoned. */
  dropConnections(): void {}
  abandonConnections(): void {}

  setFrozen(isFrozen: boolean): void {
    this.#isFrozen = isFrozen
    this.#connection?.setFrozen(isFrozen)
  }

  async #open(): Promise<void> {
    const { path, baudRate, parity = 'none', stopBits = 1 } = this.#line
    // Loaded only here: a native add-on that does not run on some machine must not break a simulation without serial lines.
    const { SerialPort } = await import('serialport')
    const serial = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false })
    const connection = this.#options.connect(serial, () => {})
    connection.start()
    if (this.#isFrozen) connection.setFrozen(true)
    this.#connection = connection
    serial.once('close', () => {
      this.#serial = null
      if (this.#isWanted) this.#openLater()
    })
    await new Promise<void>((resolve, reject) => {
      serial.open((error) => {
        if (error) reject(new Error(`cannot open the serial line ${path}: ${error.message}`, { cause: error }))
        else resolve()
      })
    })
    closeOnHangUp(serial)
    this.#opened++
    this.#serial = serial
    if (!this.#isWanted) await this.stop()
  }

  #openLater(): void {
    this.#reopen = setTimeout(() => {
      this.#open().catch(() => {
        if (this.#isWanted) this.#openLater()
      })
    }, REOPEN_MS)
  }
}

/**
 * The binding takes the end of file of a terminal whose adapter is gone for an empty read and reads again for ever
 * (bindings-cpp #162). Its poller knows better.
 */
function closeOnHangUp(serial: SerialPort): void {
  const { poller } = (serial.port ?? {}) as { readonly poller?: Poller }
  poller?.once('disconnect', (error) => {
    if (error?.canceled !== true && serial.isOpen) serial.close(() => {}, error ?? undefined)
  })
}

/** Of the binding on Linux and macOS; Windows has none. */
interface Poller {
  once(event: 'disconnect', action: (error: (Error & { readonly canceled?: boolean }) | null) => void): void
}
