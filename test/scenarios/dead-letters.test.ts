/** A receiver that can never accept an alarm event: the event is kept, and whoever looks finds it with the reason. */
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import type { DeadLetterView } from '../../gateway/http/gateway-view.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { startReceiver, status } from '../support/http-receiver.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink } from '../support/tag-station.ts'

test('what a receiver refuses for good is shown with its answer; 409 is tried again', async () => {
  const receiver = await startReceiver(status(409))
  onTestFinished(() => receiver.close())
  const gateway = await GatewayProcess.create({
    devices: [
      {
        ...{
          id: 'lobby',
          place: 'lobby',
          profile: 'outpost-ref-extinguisher-tag',
          broker: 'embedded',
          address: 'lobby',
        },
        rules: { removed: { onDelay: '0s', offDelay: '0s' } },
      },
    ],
    sinks: [dispatchSink(receiver.url)],
    environment: DISPATCH_ENVIRONMENT,
  })
  onTestFinished(() => gateway.remove())
  await gateway.start()
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    ...{ username: FIELD_USER.name, password: FIELD_USER.password, reconnectPeriod: 0 },
  })
  onTestFinished(() => client.endAsync(true))
  await client.publishAsync('outpost/extinguisher/lobby', JSON.stringify({ present: false }), { qos: 1 })
  const event: AlarmEvent = await gateway.event(({ alarm }) => alarm.id === 'lobby.removed')

  await receiver.received(2)
  expect(receiver.requests.slice(0, 2).map(({ headers }) => headers['idempotency-key'])).toEqual([event.id, event.id])
  const letters = async () =>
    (await gateway.get<{ deadLetters: readonly DeadLetterView[] }>('/api/dead-letters')).deadLetters
  expect(await letters()).toEqual([])

  receiver.answer = status(422)
  // The letters raise an alarm about the sink, which is refused as well.
  await expect
    .poll(async () => (await letters()).find(({ seq }) => seq === event.seq), { timeout: 15_000 })
    .toMatchObject({ delivery: 'dispatch:alarm-events', item: event, error: `${receiver.url} answered 422` })
})
