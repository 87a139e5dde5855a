/** A disk that does not answer: the field is watched as before, people are told, and they are told that it is the disk. */
import { afterEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { canHang, HangingDisk } from '../support/hanging-disk.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { describeWith } from '../support/needs.ts'
import { startField } from '../support/simulated-field.ts'
import { dispatchSink } from '../support/tag-station.ts'

const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 }, line: 'cabinet', unitId: 1 }
const AT_ONCE = { onDelay: '0s', offDelay: '0s' }
const WITHIN = { timeout: 20_000, interval: 50 }
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startStation(environment: Readonly<Record<string, string>>) {
  const dispatch = await startReceiver()
  ends.push(() => dispatch.close())
  const gateway = await GatewayProcess.create({
    devices: [],
    environment: { ...environment, DISPATCH_SECRET: 'known-to-both' },
  })
  ends.push(() => gateway.remove())
  const plan = {
    lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: 0 }],
    devices: [{ id: 'gauge', ...WATER, values: { level: 0.02 } }],
  }
  const field = await startField(plan, gateway)
  ends.push(() => field.stop())
  gateway.configure({
    lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: field.ports().get('cabinet') }],
    devices: [
      {
        ...{ id: 'gauge', place: '下穿通道', ...WATER, pollInterval: '200ms' },
        rules: { 'water-level': AT_ONCE, 'no-data': { after: '2s' } },
      },
    ],
    sinks: [dispatchSink(dispatch.url)],
  })
  await gateway.start()
  return { gateway, field, dispatch }
}

const told = ({ requests }: HttpReceiver): readonly string[] =>
  requests.map(({ body }) => JSON.parse(body) as AlarmEvent).map(({ type, alarm }) => `${type} ${alarm.id}`)

describeWith(canHang ? null : 'no Linux with a C compiler (Debian: apt-get install gcc libc6-dev)')(
  'a disk that hangs',
  () => {
    test('blinds nobody, is told for what it is, and is over when it answers', async () => {
      const disk = new HangingDisk()
      ends.push(() => disk.remove())
      const { gateway, field, dispatch } = await startStation(disk.environment)
      const heard = (what: string) => expect.poll(() => told(dispatch), WITHIN).toContain(what)
      disk.hang()
      await heard('raised station-1.journal-failed')
      field.setValue('gauge', 'level', 0.6)
      await heard('raised gauge.water-level')
      field.setValue('gauge', 'level', 0.02)
      await heard('returned gauge.water-level')
      expect(gateway.output).toContain('the disk does not answer')
      disk.answer()
      await heard('returned station-1.journal-failed')
      expect(gateway.output.match(/the disk answers again/g)).toHaveLength(1)
      expect(told(dispatch)).toHaveLength(4)
    })
  },
)
