/** MQTT devices that publish without pause, each message with a time and a value of its own. */
import mqtt, { type MqttClient } from 'mqtt'
import { FIELD_USER } from './gateway-process.ts'

/** Messages that one device leaves unacknowledged at a time. */
const WINDOW = 20
const LOWEST = 1100
/** Of all storms: no two readings share a time, none is before another of its device, and none ahead of the clock. */
let nextTime = Date.now() - 3_600_000

export interface SentReading {
  readonly device: string
  readonly time: number
  readonly pressure: number
}

export const textOf = ({ device, time, pressure }: SentReading): string => `${device} ${time} ${pressure}`

export class PublishStorm {
  /** All that was published, acknowledged or not. */
  readonly sent: SentReading[] = []
  readonly acknowledged: SentReading[] = []
  readonly #clients: MqttClient[] = []
  readonly #watchers: (() => void)[] = []
  #stopped = false

  /** `devices` are reference extinguisher tags whose address is their id. */
  static async start(
    url: string,
    { devices, name = 'storm' }: { readonly devices: readonly string[]; readonly name?: string },
  ): Promise<PublishStorm> {
    const storm = new PublishStorm()
    const options = { username: FIELD_USER.name, password: FIELD_USER.password, reconnectPeriod: 0 }
    for (const device of devices) {
      const client = await mqtt.connectAsync(url, { ...options, clientId: `${name}-${device}` })
      client.on('error', () => {})
      storm.#clients.push(client)
    }
    for (const [index, device] of devices.entries()) storm.#blow(storm.#clients[index] as MqttClient, device)
    return storm
  }

  /** Resolves when so many messages of this storm are acknowledged. */
  async until(count: number): Promise<void> {
    while (this.acknowledged.length < count) await new Promise<void>((changed) => this.#watchers.push(changed))
  }

  /** Leaves what is under way as it is: connections are cut. */
  stop(): void {
    this.#stopped = true
    for (const client of this.#clients) client.end(true)
  }

  #blow(client: MqttClient, device: string): void {
    let sequence = 0
    const publish = (): void => {
      if (this.#stopped) return
      const sent = { device, time: nextTime++, pressure: LOWEST + (sequence % 300) }
      sequence++
      this.sent.push(sent)
      const message = JSON.stringify({ pressure: sent.pressure, time: sent.time })
      client.publish(`outpost/extinguisher/${device}`, message, { qos: 1 }, (error) => {
        if (error) return
        this.acknowledged.push(sent)
        for (const changed of this.#watchers.splice(0)) changed()
        publish()
      })
    }
    for (let i = 0; i < WINDOW; i++) publish()
  }
}
