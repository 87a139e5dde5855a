/**
 * A disk without a free byte: no reading is acknowledged that could not be kept, alarms are judged, shown and dispatched all
 * the same, and all goes on by itself when there is room again.
 */
import mqtt from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { describeWith } from '../support/needs.ts'
import { canMount, SmallDisk } from '../support/small-disk.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink } from '../support/tag-station.ts'

const WITHIN = { timeout: 30_000, interval: 50 }
const TAG = {
  ...{ place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded' },
  rules: { removed: { onDelay: '0s' } },
}
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startStation(disk: SmallDisk) {
  const dispatch = await startReceiver()
  ends.push(() => dispatch.close())
  const gateway = await GatewayProcess.create({
    dataDirectory: disk.path,
    environment: DISPATCH_ENVIRONMENT,
    devices: [
      { id: 'tag', ...TAG, address: 'tag' },
      { id: 'other', ...TAG, address: 'other' },
    ],
    sinks: [dispatchSink(dispatch.url)],
  })
  ends.push(() => gateway.remove())
  await gateway.start()
  return { gateway, dispatch }
}

const told = ({ requests }: HttpReceiver): readonly AlarmEvent[] =>
  requests.map(({ body }) => JSON.parse(body) as AlarmEvent)
const names = (dispatch: HttpReceiver): readonly string[] =>
  told(dispatch).map(({ type, alarm }) => `${type} ${alarm.id}`)

/** As devices are: it connects again, and sends again what was not acknowledged. */
async function connectDevice(gateway: GatewayProcess, address: string) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    ...{
      clientId: address,
      username: FIELD_USER.name,
      password: FIELD_USER.password,
      clean: false,
      reconnectPeriod: 200,
    },
  })
  client.on('error', () => {})
  ends.push(() => client.endAsync(true))
  return {
    publish: (values: object) =>
      client.publishAsync(`outpost/extinguisher/${address}`, JSON.stringify(values), { qos: 1 }),
  }
}

describeWith(canMount() ? null : 'this user may not mount a file system (run as root)')('a full disk', () => {
  test('takes no reading that it cannot keep, holds back no alarm, and is over when there is room', async () => {
    const disk = new SmallDisk(64)
    ends.push(() => disk.remove())
    const { gateway, dispatch } = await startStation(disk)
    const tag = await connectDevice(gateway, 'tag')
    const other = await connectDevice(gateway, 'other')
    await tag.publish({ pressure: 1200, present: true })
    await other.publish({ pressure: 1200, present: true })

    disk.fill()
    const answers: string[] = []
    const kept = other.publish({ pressure: 1190, present: true }).then(() => answers.push('other'))
    const alarming = tag.publish({ pressure: 1200, present: false }).then(() => answers.push('tag'))
    await expect.poll(() => names(dispatch), WITHIN).toContain('raised tag.removed')
    await expect.poll(() => names(dispatch), WITHIN).toContain('raised station-1.journal-failed')
    const active = (await gateway.alarms()).filter(({ facts }) => facts.active).map(({ id }) => id)
    expect(active).toEqual(expect.arrayContaining(['tag.removed', 'station-1.journal-failed']))
    expect(gateway.output).toContain('the journal cannot write: readings are refused, alarm events wait in memory')
    expect(disk.freeBytes).toBe(0)
    expect(answers).toEqual([])

    disk.empty()
    // What was not acknowledged is sent again by the device, and is taken now.
    await Promise.all([kept, alarming])
    await expect.poll(() => names(dispatch), WITHIN).toContain('returned station-1.journal-failed')
    expect((await gateway.reading('other.pressure'))?.value).toBe(1190)
    await gateway.end('SIGKILL')
    await gateway.start()
    const seqs = (await gateway.alarmEvents()).map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    const once = told(dispatch).filter(({ type, alarm }) => type === 'raised' && alarm.id === 'tag.removed')
    expect(new Set(once.map(({ id }) => id)).size).toBe(1)
  })
})
