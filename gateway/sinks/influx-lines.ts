/**
 * Readings and alarm events as InfluxDB line protocol, one line each, time in nanoseconds.
 *
 * A field name has one type for ever (`value` float, `state` integer, `text` string …): InfluxDB fixes a field's type at the
 * first write and refuses every other one, so the name is chosen from the point's type and never from what happened to come.
 */
import { escape as escaped, Point } from '@influxdata/influxdb-client'
import type { AlarmEvent } from '../alarm-model.ts'
import type { JournaledReading } from '../delivery-model.ts'
import type { Reading } from '../model.ts'
import type { Describe, PointDescription } from './point-description.ts'

/**
 * Measurement `reading`; tags station, device, point, kind, unit; fields `value` (number), `state` (boolean and enum),
 * `text`, `quality`, and `reason`, `replayed`, `backlog`, `test` where they apply. A reading without a usable value has no value field.
 */
export function readingLine(reading: Reading & Pick<JournaledReading, 'backlog'>, describe: Describe): string {
  const about = describe(reading.point)
  const { value, reason } = reading
  const isState = about?.type === 'boolean' || about?.type === 'enum'
  // A backlog has millions of these, so that what the client's `Point` would write is put together here.
  // Its fields stand in the order of their names.
  let fields = reading.backlog === true ? 'backlog=T,' : ''
  fields += `quality=${quoted(reading.quality)}`
  if (reason !== undefined) fields += `,reason=${quoted(reason)}`
  if (reading.replayed === true) fields += ',replayed=T'
  if (isState && Number.isSafeInteger(value)) fields += `,state=${value}i`
  if (reading.test === true) fields += ',test=T'
  if (typeof value === 'string') fields += `,text=${quoted(value)}`
  else if (value !== null && Number.isFinite(value) && !(isState && Number.isSafeInteger(value))) {
    fields += `,value=${value}`
  }
  return `${beginOf(reading.point, about)} ${fields} ${microseconds(reading.time)}000`
}

/** By the description of the point, as long as there is one. */
const begins = new WeakMap<PointDescription, string>()

/** Measurement and tags, which are the same for all readings of a point. */
function beginOf(point: string, about: PointDescription | undefined): string {
  const known = about === undefined ? undefined : begins.get(about)
  if (known !== undefined) return known
  const [device = '', ...rest] = point.split('.')
  const line = new Point('reading')
  tag(line, 'station', about?.station)
  tag(line, 'device', about?.device ?? device)
  tag(line, 'point', about?.pointId ?? rest.join('.'))
  tag(line, 'kind', about?.kind)
  // '1' is how a profile says "no unit".
  if (about?.unit !== '1') tag(line, 'unit', about?.unit)
  const whole = line.intField('n', 0).toLineProtocol({ convertTime: () => undefined }) ?? ''
  const begin = whole.slice(0, -' n=0i'.length)
  if (about !== undefined) begins.set(about, begin)
  return begin
}

/**
 * Measurement `alarm_event`; tags station, device, rule, kind, class, priority; fields as named below.
 *
 * Same tags and same time is the same row in InfluxDB, and the later one would silently replace the other. Two events of
 * one alarm may share their time, so the nanoseconds, which no clock here measures, carry the last three digits of `seq`.
 */
export function alarmEventLine(event: AlarmEvent): string {
  const { alarm } = event
  const line = new Point('alarm_event')
  tag(line, 'station', alarm.station)
  tag(line, 'device', alarm.device)
  tag(line, 'rule', alarm.rule)
  tag(line, 'kind', alarm.kind)
  tag(line, 'class', alarm.class)
  tag(line, 'priority', alarm.priority)
  // Devices of two gateways may have the same id.
  tag(line, 'gateway', alarm.path?.map(({ gateway }) => gateway).join('/'))
  line.intField('seq', event.seq)
  text(line, 'id', event.id)
  text(line, 'type', event.type)
  text(line, 'state', alarm.state)
  text(line, 'level', alarm.level)
  text(line, 'mark', alarm.mark)
  line.intField('occurrence', alarm.occurrence)
  if (typeof alarm.cause.value === 'string') text(line, 'text', alarm.cause.value)
  else float(line, 'value', alarm.cause.value)
  float(line, 'setpoint', alarm.cause.setpoint)
  text(line, 'quality', alarm.cause.quality)
  text(line, 'reason_zh', alarm.reason.zh)
  text(line, 'reason_en', alarm.reason.en)
  text(line, 'by', event.by)
  text(line, 'comment', event.comment)
  return finish(line, microseconds(event.time) + String(event.seq % 1000).padStart(3, '0'))
}

/** InfluxDB has no NaN and no infinity; such a value is left out, as a missing one is. */
function float(line: Point, name: string, value: number | null): void {
  if (value !== null && Number.isFinite(value)) line.floatField(name, value)
}

/** The documentation allows no line break in a string, some servers split there; it becomes the two characters `\n`. */
function text(line: Point, name: string, value: string | null | undefined): void {
  if (value === null || value === undefined) return
  line.stringField(name, inOneLine(value))
}

function quoted(value: string): string {
  return escaped.quoted(inOneLine(value))
}

function inOneLine(value: string): string {
  return value.replace(/\r\n|[\n\r\u2028\u2029]/g, '\\n').replace(/\0/g, '')
}

/**
 * A tag value may not be empty, and a backslash in it has no meaning that all servers share (before a comma, a space or at
 * the end it would swallow the separator), so it becomes a slash; control characters become spaces.
 */
function tag(line: Point, name: string, value: string | undefined): void {
  if (value === undefined || value === '') return
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not come through
  line.tag(name, value.replaceAll('\\', '/').replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' '))
}

function finish(line: Point, nanoseconds: string): string {
  const written = line.toLineProtocol({ convertTime: () => nanoseconds })
  if (written === undefined) throw new Error('a line without a field; quality and seq are always there')
  return written
}

/** Whole microseconds since 1970. Exact: the product stays below 2^53 until the year 2255. */
function microseconds(time: number): string {
  return String(Math.round(time * 1000))
}
