/** Believable notifications, and all that there can be, for tests of what is told. */
import fc from 'fast-check'
import { type Alarm, type AlarmEvent, PRIORITIES } from '../../gateway/alarm-model.ts'
import type { Notification } from '../../gateway/dispatch-model.ts'
import type { Area, Place, RegisteredStation } from '../../gateway/registry-model.ts'
import { alarmEvent } from './alarm-events.ts'

export const STATION: RegisteredStation = {
  id: 'shi-jing',
  name: { zh: '石井社区应急服务站', en: 'Shi Jing community station' },
  level: 'station',
  type: 'community',
  parent: 'shi-jing-centre',
  address: '坪山区石井街道1号',
  timeZone: 'Asia/Shanghai',
  area: { type: 'circle', centre: { latitude: 22.69, longitude: 114.35 }, radiusMetres: 1500 },
  contacts: [{ id: 'li', name: '李站长', phone: '0755-00000001', addresses: {} }],
}

export const PLACE: Place = {
  id: 'culvert',
  name: { zh: '下穿涵洞', en: 'Underpass' },
  kind: 'low-ground',
  risk: 'orange',
  address: '石井路与坪山大道交汇处',
  position: { latitude: 22.691234, longitude: 114.351234 },
  station: 'shi-jing',
}

const NEW_YEAR = Date.UTC(2026, 0, 1)

/** One believable notification; `seq` makes it unique, `change` overrides the rest. */
export function notification(seq: number, change: Partial<Notification> = {}): Notification {
  return {
    ...{ id: `gateway-1-n${seq}`, seq, createdAt: NEW_YEAR + seq * 60_000, channel: 'test', station: STATION },
    ...{ to: [], purpose: 'first', step: 0, events: [alarmEvent(seq)], place: PLACE, earlier: [], drill: null },
    ...change,
  }
}

/** The event with another row. */
export function eventOf(seq: number, change: Partial<Alarm>, type: AlarmEvent['type'] = 'raised'): AlarmEvent {
  const event = alarmEvent(seq, { type })
  return { ...event, alarm: { ...event.alarm, ...change } }
}

/** Texts with everything that hurts: markup, control characters, halves of surrogate pairs, both languages. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '水位 <b>0.3</b> m & 涨',
    '&lt;x&gt;',
    ']]>',
    '\u0000\u0007\ud800',
    'a,b c',
    '<!-- -->',
    '\'"',
    '\r\n.\r\n',
  ),
)
const localText = fc.record({ zh: anyText, en: anyText })
const anyTime = fc.integer({ min: 0, max: Date.UTC(2199, 11, 31) }).map((time) => time + 0.123)
const position = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
})
const area: fc.Arbitrary<Area> = fc.oneof(
  fc.record({
    type: fc.constant('circle' as const),
    centre: position,
    radiusMetres: fc.double({ min: 0, max: 1e5, noNaN: true }),
  }),
  fc.record({ type: fc.constant('polygon' as const), corners: fc.array(position, { minLength: 3, maxLength: 12 }) }),
)
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null })

const alarm: fc.Arbitrary<Alarm> = fc
  .record({
    ...{ id: anyText, deviceName: anyText, place: anyText, name: localText, reason: localText, guidance: localText },
    kind: fc.oneof(fc.constantFrom('smoke', 'slope', 'water-level', 'gateway', '__proto__'), anyText),
    class: fc.constantFrom('alarm' as const, 'fault' as const),
    priority: fc.constantFrom(...PRIORITIES),
    level: nullable(fc.oneof(fc.constantFrom('red', 'orange', 'yellow', 'blue', 'high-high'), anyText)),
    facts: fc.record({
      active: fc.boolean(),
      acked: fc.boolean(),
      latched: fc.boolean(),
      suppression: fc.constant(null),
    }),
    mark: nullable(fc.constantFrom('exercise' as const, 'test' as const)),
    occurrence: fc.nat(1000),
    raisedAt: anyTime,
    acknowledgedBy: nullable(anyText),
    comment: nullable(anyText),
    proposed: fc.boolean(),
    cause: fc.record({
      ...{ point: nullable(anyText), unit: anyText, time: anyTime, setpoint: nullable(fc.double()) },
      value: nullable(fc.oneof(fc.double(), anyText)),
      quality: fc.constantFrom('good' as const, 'uncertain' as const, 'bad' as const),
    }),
  })
  .map(({ proposed, ...change }) => ({
    ...eventOf(1, change).alarm,
    ...(proposed && {
      proposal: { ...{ state: 'proposed', level: 'red', confirmed: null, by: null, comment: null, at: null } } as const,
    }),
  }))

export const anyNotification: fc.Arbitrary<Notification> = fc
  .record({
    id: anyText,
    createdAt: anyTime,
    purpose: fc.constantFrom('first', 'update', 'reminder', 'escalation', 'ended'),
    station: fc.record({ name: localText, area: nullable(area), id: anyText, contact: anyText }),
    place: nullable(fc.record({ name: localText, address: anyText, position: nullable(position) })),
    alarms: fc.array(alarm, { minLength: 1, maxLength: 4 }),
    type: fc.constantFrom('raised', 'returned', 'reported-late', 'acknowledged'),
    earlier: fc.uniqueArray(fc.record({ id: anyText, ago: fc.nat(1e9) }), { maxLength: 4, selector: ({ id }) => id }),
    drill: nullable(anyText),
  })
  .map(({ id, station, place, alarms, type, earlier, ...rest }) => ({
    ...notification(1),
    ...rest,
    id: `n${id}`,
    purpose: rest.purpose as Notification['purpose'],
    station: {
      ...STATION,
      ...station,
      id: `s${station.id}`,
      contacts: [{ id: 'x', name: station.contact, phone: null, addresses: {} }],
    },
    place: place === null ? null : { ...PLACE, ...place },
    events: alarms.map((row, index) => ({ ...eventOf(index + 1, {}, type as AlarmEvent['type']), alarm: row })),
    earlier: earlier.map((one) => ({ id: `e${one.id}`, createdAt: Math.max(0, rest.createdAt - one.ago) })),
  }))
