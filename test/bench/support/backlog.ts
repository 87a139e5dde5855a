/** Readings that wait in a gateway for InfluxDB, made quickly: by MQTT, so that they came the whole way. */
import { FIELD_USER, type GatewayProcess } from '../../support/gateway-process.ts'
import { queryInfluxd } from '../../support/real-servers.ts'
import { freePort, type RealServer } from '../../support/server-process.ts'
import { runMqttLoad } from './mqtt-load.ts'
import { READINGS_PER_MESSAGE, tagMessage } from './tags.ts'

export const DATABASE = 'outpost'
export const BACKLOG = Number(process.env.OUTPOST_BENCH_BACKLOG ?? 1_000_000)

const CLIENTS = 200
const IN_FLIGHT = 10
const LOOK_EVERY_MS = 100
/** A drain that makes no headway for so long has failed. */
const STALLED_AFTER_MS = 30_000
/** Something comes all the time, of the gateway's own health at least. */
const ALWAYS_WAIT = 100

/** Section of a configuration. */
export function influxSink(url: string): object {
  return { id: 'influx', type: 'influxdb-1', url, database: DATABASE, sends: ['readings'] }
}

/** An address where nobody answers: connections are refused at once. */
export async function deadUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`
}

/** Of the gateway's devices `tag-0` to `tag-199`; resolves when all are acknowledged. How many there really were. */
export async function bringReadings(gateway: GatewayProcess, readings: number): Promise<number> {
  const share = Math.ceil(readings / READINGS_PER_MESSAGE / CLIENTS)
  await runMqttLoad({
    ...{ port: gateway.mqttPort, connections: CLIENTS, window: IN_FLIGHT, publishes: share * CLIENTS },
    ...{ username: FIELD_USER.name, password: FIELD_USER.password, message: tagMessage },
  })
  return share * CLIENTS * READINGS_PER_MESSAGE
}

export interface Drain {
  readonly readings: number
  readonly seconds: number
}

/**
 * From the first batch that the receiver has confirmed to the last one. The backlog must be there already; the sink begins
 * anew, at once, because its address has changed.
 */
export async function watchDrain(gateway: GatewayProcess): Promise<Drain> {
  const waiting = () => gateway.metric('outpost_delivery_waiting_items{delivery="influx:readings"}')
  const confirmed = () => gateway.metric('outpost_delivery_items_total{delivery="influx:readings",result="confirmed"}')
  let first: { readonly at: number; readonly readings: number } | null = null
  let [last, movedAt] = [0, performance.now()]
  for (;;) {
    const readings = await confirmed()
    const at = performance.now()
    if (readings > last) [last, movedAt] = [readings, at]
    if (readings > 0) first ??= { at, readings }
    if (first !== null && (await waiting()) < ALWAYS_WAIT) {
      return { readings: last - first.readings, seconds: (movedAt - first.at) / 1000 }
    }
    if (at - movedAt > STALLED_AFTER_MS) throw new Error(`the drain stands still:\n${gateway.output.slice(-3000)}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

export async function createDatabase(server: RealServer): Promise<void> {
  await queryInfluxd(server, { query: `CREATE DATABASE "${DATABASE}"` })
}
