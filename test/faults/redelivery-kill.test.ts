/**
 * Devices without a clock of their own, whose gateway is killed while they wait for acknowledgements. What they repeat
 * afterwards must not become a second reading. Each message has a value that no other has.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { RawClient } from '../support/raw-mqtt-client.ts'
import { freePort } from '../support/server-process.ts'
import { readStored } from '../support/stored.ts'
import { storeSink, tagDevice } from '../support/tag-station.ts'

const TAGS = ['tag-0', 'tag-1', 'tag-2']
const LOGIN = { username: FIELD_USER.name, password: Buffer.from(FIELD_USER.password) }
const WINDOW = 15
/** How a device repeats, and how many acknowledgements there are before the kill. */
const ROUNDS = [
  { qos: 1, dup: true, enough: 40 },
  { qos: 1, dup: false, enough: 90 },
  { qos: 2, dup: true, enough: 60 },
] as const

let gateway: GatewayProcess
beforeAll(async () => {
  gateway = await GatewayProcess.create({
    devices: TAGS.map((id) => tagDevice(id)),
    // Never there, so that every reading stays in the store.
    sinks: [storeSink(`http://127.0.0.1:${await freePort()}`)],
  })
})
afterAll(() => gateway?.remove())

/** A device that has sent its messages in order and keeps those that are not acknowledged. */
class Tag {
  readonly id: string
  readonly sent: number[] = []
  /** By packet identifier. */
  readonly waiting = new Map<number, number>()
  acknowledged = 0
  #client: RawClient | null = null

  constructor(id: string) {
    this.id = id
  }

  async connect(): Promise<void> {
    this.#client = await RawClient.connected(gateway.mqttPort, { ...LOGIN, clientId: this.id, clean: false })
  }

  repeat({ qos, dup }: { readonly qos: 1 | 2; readonly dup: boolean }): void {
    for (const [id, pressure] of this.waiting) this.#publish(pressure, { id, qos, dup })
  }

  send(pressure: number, qos: 1 | 2): void {
    const id = (this.sent.length % 60_000) + 1
    this.sent.push(pressure)
    this.waiting.set(id, pressure)
    this.#publish(pressure, { id, qos })
  }

  /** Resolves when one more is acknowledged; false when the connection has ended instead. */
  async next(): Promise<boolean> {
    for (;;) {
      const packet = await (this.#client as RawClient).next()
      if (packet === null) return false
      const messageId = packet.messageId ?? 0
      if (packet.cmd === 'pubrec') this.#client?.send({ cmd: 'pubrel', messageId })
      else if (packet.cmd === 'puback' || packet.cmd === 'pubcomp') {
        this.waiting.delete(messageId)
        this.acknowledged++
        return true
      }
    }
  }

  #publish(pressure: number, options: { id: number; qos: 1 | 2; dup?: boolean }): void {
    this.#client?.publish(`outpost/extinguisher/${this.id}`, JSON.stringify({ pressure }), options)
  }
}

test('a message that is repeated after a kill makes no second reading', { timeout: 120_000 }, async () => {
  const tags = TAGS.map((id) => new Tag(id))
  await gateway.start()
  // In tenths, within what such a tag may measure.
  let pressure = 500
  for (const { qos, dup, enough } of ROUNDS) {
    await Promise.all(tags.map((tag) => tag.connect()))
    let acknowledged = 0
    let killed: Promise<unknown> | null = null
    await Promise.all(
      tags.map(async (tag) => {
        for (let i = 0; i < WINDOW; i++) tag.send(++pressure / 10, qos)
        while (await tag.next()) {
          if (++acknowledged >= enough) killed ??= gateway.end('SIGKILL')
          else tag.send(++pressure / 10, qos)
        }
      }),
    )
    await killed
    expect(tags.some(({ waiting }) => waiting.size > 0)).toBe(true)
    await gateway.start()
    for (const tag of tags) {
      await tag.connect()
      tag.repeat({ qos, dup })
      while (tag.waiting.size > 0) expect(await tag.next()).toBe(true)
    }
  }
  expect(await gateway.end()).toBe(0)
  const { readings } = await readStored(`${gateway.folder}/data`)
  for (const { id, sent } of tags) {
    const stored = readings
      .filter(({ point, quality }) => point === `${id}.pressure` && quality === 'good')
      .map(({ value }) => Number(value))
    expect(stored.toSorted((a, b) => a - b)).toEqual(sent)
  }
})
