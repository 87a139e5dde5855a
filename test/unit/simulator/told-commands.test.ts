/** Simulated devices that are told what to do: over their registers, and over MQTT. */
import modbusSerial from 'modbus-serial'
import mqtt from 'mqtt'
import { afterEach, expect, test, vi } from 'vitest'
import { createSimulation, type Simulation } from '../../../simulator/runner.ts'
import { FieldBroker } from './field-broker.ts'
import { scenarioOf } from './scenarios.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function start(devices: string, broker?: FieldBroker): Promise<Simulation> {
  const text = `name: { zh: 试, en: Test }
broker: { url: 'mqtt://127.0.0.1:1' }
lines: [{ id: cabinet, type: modbus-tcp, host: 127.0.0.1, port: 0 }]
devices:
${devices}`
  const simulation = createSimulation(scenarioOf(text), { speed: 0, ...(broker && { broker: { url: broker.url } }) })
  cleanUps.push(() => simulation.stop())
  await simulation.start()
  return simulation
}

async function master(simulation: Simulation): Promise<modbusSerial.default> {
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port: simulation.ports().get('cabinet') as number })
  client.setID(1)
  client.setTimeout(2000)
  cleanUps.push(() => new Promise<void>((resolve) => client.close(() => resolve())))
  return client
}

const TOWER = `  - { id: tower, profile: patlite-la6-poe, line: cabinet, unitId: 1, values: { buzzer: 0, light-1: 0 } }\n`
const TAG = `  - { id: tag, profile: outpost-ref-extinguisher-tag-modbus, line: cabinet, unitId: 1, values: { pressure: 1200 } }\n`

test('what is written is shown where the profile says, in the words of the reading', async () => {
  const simulation = await start(TOWER)
  const client = await master(simulation)
  await client.writeRegister(5, 0x0102)
  expect((await client.readHoldingRegisters(5, 1)).data).toEqual([2])
  await client.writeRegisters(0, [0x0101])
  expect((await client.readHoldingRegisters(0, 6)).data).toEqual([1, 0, 0, 0, 0, 2])
  await client.writeRegister(5, 0x0100)
  expect((await client.readHoldingRegisters(5, 1)).data).toEqual([0])
})

test('coils of commands exist, and what a master wrote stays when another point changes', async () => {
  const simulation = await start(TAG)
  const client = await master(simulation)
  await client.writeCoil(0, true)
  simulation.setValue('tag', 'pressure', 900)
  expect((await client.readCoils(0, 1)).data[0]).toBe(true)
  await client.writeCoils(0, [false])
  expect((await client.readCoils(0, 1)).data[0]).toBe(false)
})

test('a unit that forgets writes answers as if it had written', async () => {
  const simulation = await start(TAG)
  const client = await master(simulation)
  simulation.setFault('tag', { type: 'forgets-writes' })
  expect(await client.writeCoil(0, true)).toEqual({ address: 0, state: true })
  expect((await client.readCoils(0, 1)).data[0]).toBe(false)
  simulation.setFault('tag', { type: 'exception', code: 4 })
  await expect(client.writeCoil(0, true)).rejects.toThrow(/exception 4/)
  simulation.setFault('tag', null)
  expect((await client.readCoils(0, 1)).data[0]).toBe(false)
})

test('an MQTT device does what it is told and says so; a silent one does not', async () => {
  const broker = new FieldBroker()
  await broker.start()
  cleanUps.push(() => broker.stop())
  const simulation = await start(
    `  - { id: smoke, profile: tuya-zss-qy-ssd-a-en, address: hall, values: { smoke: 1, silenced: 0 } }
  - { id: tag, profile: outpost-ref-extinguisher-tag, address: lobby, values: { pressure: 1200 } }
  - { id: gauge, profile: milesight-em500-pp, address: '24e124', values: { pressure: 300 } }\n`,
    broker,
  )
  const client = await mqtt.connectAsync(broker.url)
  cleanUps.push(() => client.endAsync(true))
  /** Everything that the devices have said since the last question. */
  let asked = 0
  const told = async (topic: string, payload: string) => {
    await client.publishAsync(topic, payload, { qos: 1 })
    asked = broker.messages.length
  }
  const answer = async (device: string) => {
    for (let count = asked; ; count++) {
      const message = (await broker.received(count + 1))[count]
      if (message?.client === `simulator-${device}`) return message.json
    }
  }
  await broker.received(3)
  await vi.waitFor(() => expect(broker.subscriptions).toBeGreaterThanOrEqual(3))
  await told('zigbee2mqtt/hall/set', '{"silence":true}')
  expect(await answer('smoke')).toMatchObject({ smoke: true, silence: true })
  await told('outpost/extinguisher/lobby/set', '{"interval":900}')
  expect(await answer('tag')).toEqual({ interval: 900 })
  const down = { devEui: '24e124', confirmed: true, fPort: 85, data: '/wOwBA==' }
  await told('application/simulator/device/24e124/command/down', JSON.stringify(down))
  const { data } = await answer('gauge')
  expect(Buffer.from(String(data), 'base64').toString('hex')).toContain('fe03b004')
  simulation.setFault('smoke', { type: 'silent' })
  for (const said of ['{"silence":false}', '{"silence":"so"}', '{}', '7']) await told('zigbee2mqtt/hall/set', said)
  await told('outpost/extinguisher/lobby/set', '{"locate":true}')
  expect(await answer('tag')).toEqual({ locating: true })
  expect(broker.messages.slice(asked - 5).map(({ client: from }) => from)).not.toContain('simulator-smoke')
})
