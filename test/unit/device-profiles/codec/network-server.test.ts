/** Uplinks as ChirpStack v4 and The Things Stack v3 bring them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../../../../device-profiles/codec/message.ts'
import { encodeDownlink, readDownlink } from '../../../../device-profiles/codec/network-server.ts'
import type { NetworkServer } from '../../../../device-profiles/payload-schema.ts'
import { profileOf, said } from './message-profile.ts'

const lorawan = { through: 'lorawan' } as const
const link = [
  { id: 'rssi', link: 'rssi' },
  { id: 'snr', link: 'snr' },
] as const
const bytes = profileOf(
  { format: 'binary', fPort: 85, byteOrder: 'DCBA', records: { '01 75': 1 } },
  [{ id: 'battery', binary: { record: '01 75', at: 0, type: 'uint8' } }, ...link],
  lorawan,
)
const object = profileOf({ format: 'json' }, [{ id: 'battery', json: { pointer: '/battery' } }, ...link], lorawan)
const TIME = Date.UTC(2026, 4, 25, 13, 42, 11, 412)

const chirpstack = (rest: object) =>
  JSON.stringify({ deduplicationId: '3ac7e3c4', time: '2026-05-25T13:42:11.412023242+00:00', fPort: 85, ...rest })
const things = (uplink: object, rest: object = {}) =>
  JSON.stringify({
    end_device_ids: { device_id: 'dev1' },
    received_at: '2026-05-25T13:42:12.9Z',
    uplink_message: { f_port: 85, received_at: '2026-05-25T13:42:11.412Z', ...uplink },
    ...rest,
  })
const from = (server: NetworkServer, json: string, profile = bytes) => said(profile, json, server)

describe('an uplink', () => {
  test('of ChirpStack gives bytes, time, and the link of the receiver that heard best', () => {
    const rxInfo = [
      { gatewayId: 'a', rssi: -112, snr: -3.5 },
      { gatewayId: 'b', rssi: -36, snr: 10.5 },
    ]
    const expected = { points: { battery: 92, rssi: -36, snr: 10.5 }, time: TIME }
    expect(from('chirpstack-v4', chirpstack({ data: 'AXVc', rxInfo }))).toEqual(expected)
    expect(from('chirpstack-v4', chirpstack({ data: 'AXVc', object: { battery: 92 }, rxInfo }), object)).toEqual(
      expected,
    )
  })

  test('of The Things Stack gives the same, though it leaves out what is 0', () => {
    const rx_metadata = [{ gateway_ids: { gateway_id: 'a' }, rssi: -68, channel_rssi: -68 }]
    const expected = { points: { battery: 92, rssi: -68, snr: 0 }, time: TIME }
    expect(from('the-things-stack-v3', things({ frm_payload: 'AXVc', rx_metadata }))).toEqual(expected)
    const decoded = things({ frm_payload: 'AXVc', decoded_payload: { battery: 92 }, rx_metadata })
    expect(from('the-things-stack-v3', decoded, object)).toEqual(expected)
  })

  test('on another port, or without bytes, says only how it was heard', () => {
    const rxInfo = [{ rssi: -80, snr: 1 }]
    const heard = { points: { rssi: -80, snr: 1 }, time: TIME }
    expect(from('chirpstack-v4', chirpstack({ fPort: 10, data: 'AXVc', rxInfo }))).toEqual(heard)
    expect(from('chirpstack-v4', chirpstack({ data: '', rxInfo }))).toEqual(heard)
    expect(from('chirpstack-v4', chirpstack({ fPort: 0, rxInfo }))).toEqual(heard)
    const silent = JSON.stringify({ uplink_message: { rx_metadata: rxInfo, received_at: '2026-05-25T13:42:11.412Z' } })
    expect(from('the-things-stack-v3', silent)).toEqual(heard)
  })

  test('that a person has invented says nothing', () => {
    const simulated = things({ frm_payload: 'AXVc' }, { simulated: true })
    expect(from('the-things-stack-v3', simulated)).toEqual({ points: {}, time: null })
  })

  test.each([
    ['[]', 'expected an uplink of chirpstack-v4, got a list'],
    ['{', /^the message is not JSON/],
    [chirpstack({ data: 'A' }), 'expected bytes as base64 at /data, got the text "A"'],
    [chirpstack({ data: 7 }), 'expected bytes as base64 at /data, got 7'],
    [chirpstack({ fPort: '85', data: 'AXVc' }), 'expected a number at /fPort, got the text "85"'],
    [chirpstack({ data: 'AXU=' }), 'record at byte 0 needs 1 bytes of data, 0 are left'],
  ])('%s is malformed', (json, problem) => {
    expect(from('chirpstack-v4', json)).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem))
  })

  test('that nobody has decoded asks for the codec', () => {
    expect(from('chirpstack-v4', chirpstack({ data: 'AXVc' }), object)).toMatch(/it needs the codec of this device$/)
  })

  test('comes back from the wire through either server', () => {
    const values = fc.record({
      battery: fc.integer({ min: 0, max: 255 }),
      rssi: fc.integer({ min: -150, max: 20 }),
      snr: fc.integer({ min: -40, max: 40 }),
    })
    const servers = fc.constantFrom<NetworkServer>('chirpstack-v4', 'the-things-stack-v3')
    fc.assert(
      fc.property(values, servers, fc.constantFrom(bytes, object), (given, networkServer, profile) => {
        const message = encodeMessage(profile, given, { parameters: {}, time: TIME, networkServer })
        expect(said(profile, message, networkServer)).toEqual({ points: given, time: TIME })
      }),
    )
  })

  test('never makes the decoder throw', () => {
    fc.assert(fc.property(fc.json(), (json) => void [from('chirpstack-v4', json), from('the-things-stack-v3', json)]))
  })
})

test('bytes go down in the words of each network server, and are read again', () => {
  const bytes = Uint8Array.of(0xbe, 0xef)
  const wish = { address: 'a84041', id: '7d1c', fPort: 15, confirmed: true, bytes }
  const chirpstack = encodeDownlink('chirpstack-v4', wish)
  expect(chirpstack.topic).toBe('application/+/device/{address}/command/down')
  expect(JSON.parse(new TextDecoder().decode(chirpstack.payload))).toEqual({
    ...{ id: '7d1c', devEui: 'a84041', confirmed: true, fPort: 15, data: 'vu8=' },
  })
  const stack = encodeDownlink('the-things-stack-v3', wish)
  expect(stack.topic).toBe('v3/+/devices/{address}/down/push')
  expect(JSON.parse(new TextDecoder().decode(stack.payload))).toEqual({
    downlinks: [
      { f_port: 15, frm_payload: 'vu8=', priority: 'NORMAL', confirmed: true, correlation_ids: ['outpost:7d1c'] },
    ],
  })
  for (const [server, { payload }] of [
    ['chirpstack-v4', chirpstack],
    ['the-things-stack-v3', stack],
  ] as const) {
    expect(readDownlink(server, payload)).toEqual({ bytes, fPort: 15 })
    expect(readDownlink(server, new TextEncoder().encode('{"data":7}'))).toBeNull()
    expect(readDownlink(server, Uint8Array.of(0xff))).toBeNull()
  }
})
