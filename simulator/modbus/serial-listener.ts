/** A station on a serial line, or on one end of a pair of pseudo terminals. */
import type { SerialPort } from 'serialport'
import { Conversation } from './conversation.ts'
import type { ListenerOptions } from './tcp-listener.ts'

export interface SerialLine {
  readonly path: string
  readonly baudRate: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

const REOPEN_MS = 1000

export class SerialListener {
  readonly port = null
  readonly #line: SerialLine
  readonly #options: ListenerOptions
  #running = false
  #serial: SerialPort | null = null
  #reopen: NodeJS.Timeout | null = null

  constructor(line: SerialLine, options: ListenerOptions) {
    this.#line = line
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      await this.#open()
    } catch (error) {
      this.#running = false
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#running = false
    if (this.#reopen !== null) clearTimeout(this.#reopen)
    this.#reopen = null
    const serial = this.#serial
    this.#serial = null
    if (serial?.isOpen) await new Promise<void>((resolve) => serial.close(() => resolve()))
  }

  async #open(): Promise<void> {
    const { path, baudRate, parity, stopBits } = this.#line
    // Loaded only here: a native add-on that does not run on some machine must not break a simulation without serial lines.
    const { SerialPort } = await import('serialport')
    const serial = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false })
    const conversation = new Conversation(this.#options.createFraming(), {
      answer: this.#options.answer,
      send: (bytes) => {
        if (serial.isOpen) serial.write(Buffer.from(bytes))
      },
    })
    serial.on('data', (chunk: Buffer) => conversation.take(chunk))
    serial.on('error', () => {})
    serial.on('close', () => {
      conversation.close()
      // An adapter that was pulled out comes back under its name.
      if (this.#running) this.#openLater()
    })
    await new Promise<void>((resolve, reject) => {
      serial.open((error) => {
        if (error) reject(new Error(`cannot open the serial line ${path}: ${error.message}`, { cause: error }))
        else resolve()
      })
    })
    this.#serial = serial
    if (!this.#running) await this.stop()
  }

  #openLater(): void {
    this.#reopen = setTimeout(() => {
      this.#open().catch(() => {
        if (this.#running) this.#openLater()
      })
    }, REOPEN_MS)
  }
}
