/**
 * The direction of an RS-485 transceiver that hangs on RTS: sending needs it switched before the first byte and back after
 * the last one, or the reply meets our own driver.
 *
 * The last byte has left when the driver says so (`drain`) and its time on the wire is over: the driver of a USB adapter says
 * so as soon as the adapter has the bytes.
 */
import type { Clock } from '../../model.ts'
import { type RtsSettings, type SerialSettings, transmissionMs } from './transport.ts'

/** The part of a serial port that this needs. */
export interface SwitchedPort {
  set(flags: { readonly rts: boolean }): Promise<void>
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when the driver has passed everything on. */
  drain(): Promise<void>
}

export class RtsSwitch {
  readonly #port: SwitchedPort
  readonly #settings: SerialSettings
  readonly #rts: RtsSettings
  readonly #clock: Clock
  #isSending = false

  constructor(
    port: SwitchedPort,
    options: { readonly settings: SerialSettings; readonly rts: RtsSettings; readonly clock: Clock },
  ) {
    this.#port = port
    this.#settings = options.settings
    this.#rts = options.rts
    this.#clock = options.clock
  }

  /** Lets go of the line. Rejects where the port has no RTS. */
  async listen(): Promise<void> {
    await this.#port.set({ rts: this.#rts.whileSending === 'low' })
  }

  /**
   * Rejects where the port fails, or where the frame before this one has not left it: its time-out is over by now, so the
   * port hangs, and the line may be stuck with our driver on it.
   */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#isSending) throw new Error('the request before this one has not left the port')
    this.#isSending = true
    const { whileSending, beforeSendMs, afterSendMs } = this.#rts
    await this.#port.set({ rts: whileSending === 'high' })
    await this.#pause(beforeSendMs)
    const goneAt = this.#now() + transmissionMs({ type: 'modbus-rtu', ...this.#settings }, bytes.length)
    await this.#port.write(bytes)
    await this.#port.drain()
    await this.#pause(goneAt - this.#now() + afterSendMs)
    await this.listen()
    this.#isSending = false
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await this.#clock.sleep(ms)
  }

  #now(): number {
    return this.#clock.now().mono
  }
}
