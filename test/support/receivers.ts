/** Everyone who is told: a dispatch layer over the webhook, a real InfluxDB, and a real broker on whose topics people listen. */
import mqtt, { type MqttClient } from 'mqtt'
import { expect } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { createDispatchReceiver, type DispatchReceiver } from '../../simulator/dispatch-receiver.ts'
import { type InfluxSeries, queryInfluxd, startInfluxd, startMosquitto } from './real-servers.ts'
import type { RealServer } from './server-process.ts'

const DATABASE = 'outpost'
const SECRET = 'known-to-both'
const WITHIN = { timeout: 10_000, interval: 50 }

/** For the configuration of the gateway. */
export const RECEIVERS_ENVIRONMENT = { DISPATCH_SECRET: SECRET }

export type InfluxRow = Readonly<Record<string, string | number | boolean | null>>

export class Receivers {
  readonly dispatch: DispatchReceiver
  readonly influxd: RealServer
  /** What came on the alarm topics, in the order of arrival. */
  readonly messages: { readonly topic: string; readonly body: unknown }[] = []
  readonly #mosquitto: RealServer
  readonly #listener: MqttClient

  private constructor(parts: {
    dispatch: DispatchReceiver
    influxd: RealServer
    mosquitto: RealServer
    listener: MqttClient
  }) {
    this.dispatch = parts.dispatch
    this.influxd = parts.influxd
    this.#mosquitto = parts.mosquitto
    this.#listener = parts.listener
  }

  static async start(): Promise<Receivers> {
    // The dispatch receiver refuses what is not signed with the secret.
    const dispatch = createDispatchReceiver({ port: 0, secret: SECRET, print: () => {} })
    const [influxd, mosquitto] = await Promise.all([startInfluxd(), startMosquitto(), dispatch.start()])
    await queryInfluxd(influxd, { query: `CREATE DATABASE ${DATABASE}` })
    const listener = await mqtt.connectAsync(mosquitto.url)
    const receivers = new Receivers({ dispatch, influxd, mosquitto, listener })
    listener.on('message', (topic, payload) => {
      receivers.messages.push({ topic, body: JSON.parse(payload.toString()) })
    })
    await listener.subscribeAsync('alarms/#', { qos: 1 })
    return receivers
  }

  /** For the configuration of the gateway. */
  get sinks(): readonly object[] {
    return [
      {
        ...{ id: 'dispatch', type: 'webhook', url: `http://127.0.0.1:${this.dispatch.port}` },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
        secret: '${DISPATCH_SECRET}',
      },
      { id: 'store', type: 'influxdb-1', url: this.influxd.url, database: DATABASE },
      { id: 'board', type: 'mqtt', url: this.#mosquitto.url, topic: 'alarms/{station}/{device}/{rule}' },
    ]
  }

  /** Resolves when the event has come to each of them, as it is and once. */
  async haveAll(event: AlarmEvent): Promise<void> {
    const whole = { version: 1, ...event }
    const told = () => this.dispatch.events.filter(({ id }) => id === event.id)
    await expect.poll(told, WITHIN).toEqual([whole])
    const { station, device, rule } = event.alarm
    const heard = () => this.messages.filter(({ body }) => (body as AlarmEvent).id === event.id)
    await expect.poll(heard, WITHIN).toEqual([{ topic: `alarms/${station}/${device}/${rule}`, body: whole }])
    await expect.poll(() => this.#storedEvents(event.seq), WITHIN).toEqual([rowOf(event)])
  }

  #storedEvents(seq: number): Promise<readonly InfluxRow[]> {
    return this.query(`SELECT * FROM alarm_event WHERE seq = ${seq}`)
  }

  /** Rows of one series; times in whole microseconds, columns without a value left out. */
  async query(query: string): Promise<readonly InfluxRow[]> {
    const [series] = await queryInfluxd(this.influxd, { query, database: DATABASE, epoch: 'u' })
    return rowsOf(series)
  }

  async remove(): Promise<void> {
    await this.#listener.endAsync(true)
    await Promise.all([this.dispatch.stop(), this.influxd.remove(), this.#mosquitto.remove()])
  }
}

function rowsOf(series: InfluxSeries | undefined): readonly InfluxRow[] {
  if (series === undefined) return []
  const { columns, values } = series
  return values.map((row) => {
    const filled = columns.flatMap((column, i) => (row[i] === null || row[i] === undefined ? [] : [[column, row[i]]]))
    return Object.fromEntries(filled) as InfluxRow
  })
}

/** The event as InfluxDB must give it back, tags and fields in one row. */
function rowOf({ alarm, ...event }: AlarmEvent): InfluxRow {
  const { cause } = alarm
  const all = {
    ...{ time: Math.round(event.time * 1000), seq: event.seq, id: event.id, type: event.type },
    ...{ station: alarm.station, device: alarm.device, rule: alarm.rule, kind: alarm.kind },
    ...{ class: alarm.class, priority: alarm.priority, level: alarm.level, state: alarm.state },
    ...{ occurrence: alarm.occurrence, value: cause.value, setpoint: cause.setpoint, quality: cause.quality },
    ...{ reason_zh: alarm.reason.zh, reason_en: alarm.reason.en, by: event.by, comment: event.comment },
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as InfluxRow
}
