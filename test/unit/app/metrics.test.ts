import { expect, test } from 'vitest'
import { createMetrics, type MetricParts } from '../../../gateway/app/metrics.ts'
import { linkTroubles } from '../../../gateway/app/sources.ts'
import type { JournalStats } from '../../../gateway/journal/journal-types.ts'
import { newCounters } from '../../../gateway/pipeline/counters.ts'
import type { LineStatus, UnitStatus } from '../../../gateway/sources/modbus/status.ts'
import type { ConnectionState } from '../../../gateway/sources/mqtt/connection-status.ts'

const LINE: LineStatus = {
  ...{
    id: 'yard',
    connected: true,
    since: 0,
    error: null,
    connections: 1,
    connects: 1,
    busyMs: 1500,
    skippedCycles: 0,
    units: [],
  },
  ...{ requests: 20, answers: 10, timeouts: 1, exceptions: 2, lateReplies: 7, refusedReplies: 3, cut: 4 },
}
const UNIT: UnitStatus = {
  ...{
    deviceId: 'a',
    unitId: 1,
    state: 'polling',
    failuresInRow: 0,
    error: null,
    lastReplyMs: null,
    lastReplyAt: null,
  },
  ...{ cycleMs: null, lineMs: null, requestsPerCycle: 1, skippedCycles: 0, busyReplies: 0, badReads: [] },
}
const WELL: JournalStats = {
  ...{ firstEventSeq: 1, lastEventSeq: 0, lastReadingSeq: 0, storedReadings: 0, waitingReadings: 0, unsavedEvents: 0 },
  ...{ deliveries: [], dropped: 0, refused: 0, damaged: 0, deadLetters: 0, historyLag: 0, setAside: [] },
  ...{ bytes: { alarms: 0, readings: 0, history: 0 }, failed: null, historyFailed: null },
}
const part = {
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  setUnits: () => {},
  setTopics: () => {},
  publish: () => Promise.resolve(),
  request: () => Promise.reject(new Error('this line is not asked')),
}

async function figures(parts: Partial<MetricParts>): Promise<readonly string[]> {
  const metrics = createMetrics({
    counters: newCounters,
    unchanged: () => new Map(),
    floods: () => new Map([['longtian', { alarms: 12 }]]),
    alarms: () => [],
    journal: () => WELL,
    deliveries: () => [],
    dispatch: () => ({ channels: () => null, figures: () => null, failed: null }),
    lines: () => [],
    detections: () => [],
    externals: () => [],
    mqttMessages: () => ({ messages: 0, unknownMessages: 0, oversizedMessages: 0, redeliveredMessages: 0 }),
    unknownAddresses: () => 0,
    codecs: () => ({ messages: 0, failed: 0, ended: 0, waiting: 0 }),
    brokerClients: () => 0,
    brokerRefusals: () => ({}),
    brokerOutbound: () => ({ slowSubscribers: 1, dropped: 7 }),
    brokerStore: () => undefined,
    http: () => undefined,
    configOk: () => true,
    commands: () => ({}),
    failingReverts: () => [],
    ...parts,
  })
  return (await metrics.metrics()).split('\n').filter((line) => line.startsWith('outpost_'))
}

test('each Modbus request stands under one result', async () => {
  const all = await figures({ lines: () => [{ ...part, status: () => LINE }] })
  expect(all.filter((line) => line.startsWith('outpost_modbus_requests_total'))).toEqual([
    'outpost_modbus_requests_total{line="yard",result="answered"} 10',
    'outpost_modbus_requests_total{line="yard",result="timeout"} 1',
    'outpost_modbus_requests_total{line="yard",result="exception"} 2',
    'outpost_modbus_requests_total{line="yard",result="refused"} 3',
    'outpost_modbus_requests_total{line="yard",result="cut"} 4',
  ])
})

test('each MQTT message stands under one result', async () => {
  const mqttMessages = () => ({ messages: 11, unknownMessages: 3, oversizedMessages: 2, redeliveredMessages: 1 })
  expect((await figures({ mqttMessages })).filter((line) => line.startsWith('outpost_mqtt_messages_total'))).toEqual([
    'outpost_mqtt_messages_total{result="taken"} 5',
    'outpost_mqtt_messages_total{result="unknown-topic"} 3',
    'outpost_mqtt_messages_total{result="oversized"} 2',
    'outpost_mqtt_messages_total{result="redelivered"} 1',
  ])
})

test('what did not change stands under its source', async () => {
  const unchanged = () => new Map([['yard', 5]])
  expect(await figures({ unchanged })).toContain('outpost_readings_unchanged_total{source="yard"} 5')
  const counters = () => ({ ...newCounters(), unchanged: 5 })
  expect(await figures({ counters })).toContain('outpost_readings_not_recorded_total{reason="unchanged"} 5')
})

test('retained messages that say nothing are counted', async () => {
  const counters = () => ({ ...newCounters(), retainedIgnored: 6 })
  expect(await figures({ counters })).toContain('outpost_readings_not_recorded_total{reason="retained-without-time"} 6')
})

test('no link is called connected before it was', () => {
  const line = (changes: Partial<LineStatus>) => ({ status: () => ({ ...LINE, units: [UNIT], ...changes }) })
  const broker = (error: string | null): { state(): ConnectionState } => ({
    state: () => ({ connected: error === null, since: 0, error }),
  })
  const troubles = linkTroubles({
    lines: [
      line({ id: 'new', connected: false }),
      line({ id: 'down', connected: false, error: 'refused' }),
      line({ id: 'well' }),
      // Nothing is to be read there, so it is never connected.
      line({ id: 'unused', connected: false, units: [] }),
    ],
    externals: [
      ['starting', undefined],
      ['town', broker(null)],
      ['site', broker('connection refused')],
    ],
  })
  expect([...troubles]).toEqual([
    ['new', 'not connected yet'],
    ['down', 'refused'],
    ['well', null],
    ['starting', 'not connected yet'],
    ['town', null],
    ['site', 'connection refused'],
  ])
})

test('commands stand under what became of them', async () => {
  const all = await figures({ commands: () => ({ confirmed: 3, unconfirmed: 1 }), failingReverts: () => [{}] })
  expect(all.filter((line) => line.startsWith('outpost_command'))).toEqual([
    'outpost_commands_total{outcome="confirmed"} 3',
    'outpost_commands_total{outcome="unconfirmed"} 1',
    'outpost_command_reverts_failing 1',
  ])
})
