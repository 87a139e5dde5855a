/** Plays the messages of a case to a gateway without sockets and disk, and tells what became of them in lines of text. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { parseDuration } from '../../device-profiles/duration.ts'
import { problemText } from '../../device-profiles/yaml-document.ts'
import type { Outcome } from '../../gateway/alarm-model.ts'
import { MessageReaders } from '../../gateway/app/message-readers.ts'
import { MAX_PAYLOAD_BYTES, topicsOf } from '../../gateway/app/sources.ts'
import type { GatewayConfig } from '../../gateway/config/config.ts'
import { loadConfig } from '../../gateway/config/load.ts'
import type { Reading, Sample } from '../../gateway/model.ts'
import { newCounters } from '../../gateway/pipeline/counters.ts'
import { Pipeline } from '../../gateway/pipeline/pipeline.ts'
import { MqttIngest, type MqttIngestStats } from '../../gateway/sources/mqtt/ingest.ts'
import { FakeClock } from './fake-clock.ts'
import { createMemoryLog } from './memory-log.ts'
import { sparkplugPayload, type WrittenPayload } from './sparkplug-message.ts'

/** The gateway of every case starts at this moment. */
export const CASE_START = Date.UTC(2026, 10, 23, 8)

interface CaseMessage {
  /** Since the start. */
  readonly at?: string
  readonly topic: string
  /** One of these is the payload. */
  readonly json?: unknown
  readonly text?: string
  readonly hex?: string
  readonly sparkplug?: WrittenPayload
  readonly retained?: boolean
}

interface MessageCase {
  readonly networkServer?: string
  readonly deviceProfiles?: string
  readonly devices: readonly object[]
  readonly messages: readonly CaseMessage[]
}

/** `folder` has a `case.yaml`. */
export async function playMessageCase(folder: string): Promise<string> {
  const story = parse(readFileSync(join(folder, 'case.yaml'), 'utf8')) as MessageCase
  const config = configOf(story, folder)
  const clock = new FakeClock(CASE_START)
  const lines: string[] = []
  const devices = config.mqttDevices.map(({ device }) => device)
  const pipeline = new Pipeline({ devices, alarms: [], now: clock.now() })
  const units = new Map(devices.flatMap(({ points }) => points.map(({ id, profile }) => [id, profile.unit])))
  const tell = (outcome: Outcome) => lines.push(...outcomeLines(outcome, units))
  const readers = new MessageReaders({
    publish: (_, { topic, payload }) => {
      lines.push(`  says ${Buffer.from(payload).toString('hex')} on ${topic}`)
      return Promise.resolve()
    },
    ...{ clock, log: createMemoryLog() },
  })
  const ingest = new MqttIngest({ sourceId: 'case', maxPayloadBytes: MAX_PAYLOAD_BYTES, clock, log: createMemoryLog() })
  ingest.setTopics(topicsOf(config, { broker: 'embedded', readers, listeners: () => [] }))
  const emit = (sample: Sample) => {
    tell(pipeline.accept(sample))
    return Promise.resolve()
  }
  let elapsed = 0
  for (const message of story.messages) {
    for (const at = parseDuration(message.at ?? `${elapsed}ms`); elapsed < at; elapsed += 1000) {
      await clock.advance(1000)
      tell(pipeline.tick(clock.now()))
    }
    lines.push('', `${elapsed / 1000} s: ${message.topic}${message.retained ? ' (retained)' : ''}`)
    const { topic, retained = false } = message
    await ingest.take({ topic, payload: payloadOf(message), retained }, emit)
  }
  await readers.stop()
  lines.push('', ...standing(pipeline, ingest.stats()))
  return `${lines.join('\n').trim()}\n`
}

function payloadOf({ json, text, hex, sparkplug }: CaseMessage): Uint8Array {
  if (sparkplug !== undefined) return sparkplugPayload(sparkplug)
  if (hex !== undefined) return Buffer.from(hex.replaceAll(' ', ''), 'hex')
  return Buffer.from(text ?? JSON.stringify(json))
}

function configOf({ networkServer, deviceProfiles, devices }: MessageCase, folder: string): GatewayConfig {
  const directory = mkdtempSync(join(tmpdir(), 'outpost-case-'))
  try {
    const file = join(directory, 'outpost.json')
    const anonymous = { authentication: { type: 'anonymous-on-loopback' } }
    const text = JSON.stringify({
      gateway: {
        ...{ id: 'gateway', dataDirectory: './data' },
        ...(deviceProfiles !== undefined && { deviceProfiles: join(folder, deviceProfiles) }),
      },
      station: { id: 'station', name: { zh: '站', en: 'Station' }, type: 'community', address: '1' },
      http: anonymous,
      broker: { ...anonymous, ...(networkServer !== undefined && { networkServer }) },
      devices: devices.map((device) => ({ place: 'here', broker: 'embedded', ...device })),
    })
    writeFileSync(file, text)
    const result = loadConfig(file, { environment: {} })
    if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'))
    return result.config
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function outcomeLines({ readings, events }: Outcome, units: ReadonlyMap<string, string>): readonly string[] {
  return [
    ...readings.map((reading) => `  ${readingText(reading, units.get(reading.point) ?? '')}`),
    ...events.map(({ type, alarm }) => {
      const level = alarm.level === null ? '' : ` (${alarm.level})`
      return `  ${alarm.class} ${alarm.id} ${type}${level}: ${alarm.reason.en}`
    }),
  ]
}

function readingText({ point, value, quality, reason, time, receivedAt, replayed }: Reading, unit: string): string {
  const measured = time === receivedAt ? 'now' : new Date(time).toISOString()
  const shown = value === null ? 'no value' : `${value}${unit === '1' ? '' : ` ${unit}`}`
  return `${point} ${shown}, ${quality}${reason ? ` (${reason})` : ''}, ${measured}${replayed ? ', replayed' : ''}`
}

/** What is wrong in the end, and what was counted beside good readings. */
function standing(pipeline: Pipeline, { unknownMessages, unknownAddresses }: MqttIngestStats): readonly string[] {
  const usual = ['samples', 'readingsGood', 'alarmEvents']
  const counts = Object.keys(newCounters())
    .map((key) => [key, pipeline.counters[key as keyof typeof pipeline.counters]] as const)
    .filter(([key, count]) => count > 0 && !usual.includes(key))
  return [
    ...[...pipeline.devices()].map(
      ({ device, state, detail }) => `${device.id}: ${state}${detail === null ? '' : `, ${detail}`}`,
    ),
    ...counts.map(([key, count]) => `${key}: ${count}`),
    ...(unknownMessages > 0 ? [`unknown messages: ${unknownMessages}`] : []),
    ...(unknownAddresses > 0 ? [`unknown addresses: ${unknownAddresses}`] : []),
  ]
}
