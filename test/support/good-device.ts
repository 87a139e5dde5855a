/** A reference tag that speaks all the time while others misbehave, and notes what was acknowledged. */
import type { MqttClient } from 'mqtt'
import type { JournaledReading } from '../../gateway/delivery-model.ts'
import type { GatewayProcess } from './gateway-process.ts'

const PAUSE_MS = 20

export class GoodDevice {
  readonly #sent: { readonly time: number; readonly pressure: number }[] = []
  readonly #client: MqttClient
  #stopped = false
  #done: Promise<void> = Promise.resolve()

  private constructor(client: MqttClient) {
    this.#client = client
  }

  /** `gateway` has a tag with the address `good` at its embedded broker. */
  static async start(gateway: GatewayProcess): Promise<GoodDevice> {
    const device = new GoodDevice(await gateway.connect('good'))
    const lost = new Promise<never>((_, reject) =>
      device.#client.once('close', () => reject(new Error('the good device has lost its connection'))),
    )
    device.#done = Promise.race([device.#speak(), lost])
    // Told by `stop`.
    device.#done.catch(() => {})
    return device
  }

  async #speak(): Promise<void> {
    for (let time = Date.now() - 3_600_000; !this.#stopped; time++) {
      const reading = { time, pressure: 1100 + (time % 300) }
      await this.#client.publishAsync('outpost/extinguisher/good', JSON.stringify(reading), { qos: 1 })
      this.#sent.push(reading)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  /** Rejects when it was cut off at any time. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    await this.#client.endAsync(true)
  }

  get sent(): readonly { readonly time: number; readonly pressure: number }[] {
    return this.#sent
  }

  /** What of it is in the store, as it was sent. */
  keptIn(readings: readonly JournaledReading[]): readonly object[] {
    return readings
      .filter(({ point, quality }) => point === 'good.pressure' && quality === 'good')
      .map(({ time, value }) => ({ time, pressure: value }))
  }
}

export function goodValues(readings: readonly JournaledReading[], point: string): readonly unknown[] {
  return [...new Set(readings.filter((one) => one.point === point && one.quality === 'good').map(({ value }) => value))]
}
