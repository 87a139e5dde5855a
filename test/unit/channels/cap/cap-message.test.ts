import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Alarm, AlarmFacts } from '../../../../gateway/alarm-model.ts'
import { capMessage } from '../../../../gateway/channels/cap/cap-message.ts'
import { capName, idOfCapName } from '../../../../gateway/channels/cap/cap-text.ts'
import { capTime } from '../../../../gateway/channels/cap/cap-time.ts'
import { capXml, referenceText } from '../../../../gateway/channels/cap/cap-xml.ts'
import { readXml } from '../../../../gateway/channels/cap/xml-reader.ts'
import { CAP_OPTIONS } from '../../../support/cap-options.ts'
import { capProblems, isNamed, text, texts } from '../../../support/cap-rules.ts'
import { anyNotification, eventOf, notification, PLACE } from '../../../support/notifications.ts'

const OVER: AlarmFacts = { active: false, acked: true, latched: false, suppression: null }
const message = (change: Parameters<typeof notification>[1] = {}) => capMessage(notification(1, change), CAP_OPTIONS)
const graded = (row: Partial<Alarm>) => message({ events: [eventOf(1, row)] }).infos[0]

test('whatever an alarm says, the message keeps the rules that no schema sees, with the same facts in both languages', () => {
  fc.assert(
    fc.property(anyNotification, (told) => {
      const root = readXml(capXml(capMessage(told, CAP_OPTIONS)))
      expect(capProblems(root)).toEqual([])
      const [zh, en] = root.children.filter(isNamed('info'))
      expect([zh, en].map((info) => info && text(info, 'language'))).toEqual(['zh-CN', 'en-US'])
      for (const name of [
        'category',
        'urgency',
        'severity',
        'certainty',
        'responseType',
        'onset',
        'effective',
        'expires',
      ]) {
        expect(zh && texts(zh, name), name).toEqual(en && texts(en, name))
      }
      const facts = (info: typeof zh) => info?.children.filter(isNamed('parameter'))
      expect(facts(zh)).toEqual(facts(en))
      expect(idOfCapName(text(root, 'identifier') ?? '')).toBe(told.id.toWellFormed())
    }),
    { numRuns: 200 },
  )
})

test('the same notification gives the same message', () => {
  fc.assert(
    fc.property(anyNotification, (told) => {
      expect(capXml(capMessage(structuredClone(told), CAP_OPTIONS))).toBe(capXml(capMessage(told, CAP_OPTIONS)))
    }),
    { numRuns: 50 },
  )
})

test('names hold no white space, comma or markup, and two of them are never one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      expect(capName(`n${id}`)).toMatch(/^[^\s,<&>"%]+(%[0-9A-F]{2}[^\s,<&>"%]*)*$/u)
      expect(idOfCapName(capName(id))).toBe(id.toWellFormed())
    }),
  )
})

describe('times', () => {
  test.each([
    ['Asia/Shanghai', '2026-05-01T08:00:00+08:00'],
    ['UTC', '2026-05-01T00:00:00-00:00'],
    ['America/St_Johns', '2026-04-30T21:30:00-02:30'],
    ['Asia/Kathmandu', '2026-05-01T05:45:00+05:45'],
  ])('%s', (zone, expected) => {
    expect(capTime(Date.UTC(2026, 4, 1) + 999.5, zone)).toBe(expected)
  })

  test('are the moment, to the second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.constantFrom('Asia/Shanghai', 'Europe/London', 'Asia/Tehran'),
        (at, zone) => {
          expect(Date.parse(capTime(at, zone))).toBe(Math.floor(at / 1000) * 1000)
        },
      ),
    )
  })
})

describe('what follows what', () => {
  test('Alert, Update, Update, Cancel name all that went before, as it was sent, also after a restart', () => {
    const told = [notification(1)]
    const steps = [
      { purpose: 'update', events: [eventOf(2, { level: 'red', priority: 'urgent' })] },
      { purpose: 'escalation', step: 1 },
      { purpose: 'ended', events: [eventOf(4, { facts: OVER, state: 'normal' })] },
    ] as const
    for (const [index, step] of steps.entries()) {
      // Nothing is remembered but what the journal of dispatch holds.
      const earlier = (JSON.parse(JSON.stringify(told)) as typeof told).map(({ id, createdAt }) => ({ id, createdAt }))
      told.push(notification(index + 2, { ...step, earlier }))
    }
    const messages = told.map((one) => capMessage(one, CAP_OPTIONS))
    expect(messages.map(({ msgType }) => msgType)).toEqual(['Alert', 'Update', 'Update', 'Cancel'])
    for (const [index, { references }] of messages.entries()) {
      expect(references.map(referenceText)).toEqual(
        messages.slice(0, index).map(({ sender, identifier, sent }) => `${sender},${identifier},${sent}`),
      )
    }
    expect(new Set(messages.map(({ incidents }) => incidents.join())).size).toBe(1)
  })

  test('what is in hand and goes on is not cancelled', () => {
    const earlier = [notification(1)]
    const events = [eventOf(2, { facts: { ...OVER, active: true }, state: 'acknowledged', acknowledgedBy: '王伟' })]
    const inHand = message({ purpose: 'ended', earlier, events })
    expect(inHand).toMatchObject({ msgType: 'Update', infos: [{ responseType: 'Monitor', urgency: 'Immediate' }, {}] })
    expect(inHand.infos[0]?.description).toContain('已由王伟确认')
  })

  test('what waits for a reset is not cancelled either', () => {
    const events = [eventOf(2, { facts: { ...OVER, latched: true }, state: 'latched-acknowledged' })]
    expect(message({ purpose: 'ended', earlier: [notification(1)], events }).msgType).toBe('Update')
  })

  test('an end of which the beginning was never told is an Alert that gives the all-clear', () => {
    const events = [eventOf(2, { facts: OVER, state: 'normal' })]
    expect(message({ purpose: 'ended', events })).toMatchObject({
      ...{ msgType: 'Alert', references: [] },
      infos: [{ responseType: 'AllClear', urgency: 'Past' }, {}],
    })
  })
})

describe('whether it is meant', () => {
  test.each([
    ['a drill', { drill: 'drill-7' }, 'Exercise', 'drill drill-7'],
    ['an exercised alarm', { events: [eventOf(1, { mark: 'exercise' })] }, 'Exercise', ''],
    ['a tested point', { events: [eventOf(1, { mark: 'test' })] }, 'Test', ''],
    ['a real alarm beside an exercise', { events: [eventOf(1, { mark: 'exercise' }), eventOf(2, {})] }, 'Actual', ''],
    ['an alarm', {}, 'Actual', ''],
  ])('%s', (_, change, status, note) => {
    expect(message(change)).toMatchObject({ status, note })
  })

  test('the headline of a drill says so in both languages', () => {
    const [zh, en] = message({ drill: 'd1' }).infos
    expect(zh?.headline).toBe('【演练】下穿涵洞：水位过高（橙色）')
    expect(en?.headline).toBe('EXERCISE Water level high (orange), Underpass')
  })
})

describe('gradings', () => {
  test.each([
    [
      {},
      { categories: ['Met'], urgency: 'Immediate', severity: 'Severe', certainty: 'Observed', responseType: 'Execute' },
    ],
    [
      { level: 'red', priority: 'urgent', kind: 'slope' },
      { categories: ['Geo'], severity: 'Extreme', urgency: 'Immediate' },
    ],
    [
      { level: 'yellow', priority: 'medium' },
      { severity: 'Moderate', urgency: 'Expected', responseType: 'Assess' },
    ],
    [
      { level: 'blue', priority: 'low' },
      { severity: 'Minor', urgency: 'Future', responseType: 'Monitor' },
    ],
    [
      { level: null, priority: 'urgent', kind: 'smoke' },
      { categories: ['Fire'], severity: 'Extreme', urgency: 'Immediate' },
    ],
    [
      { class: 'fault', priority: 'urgent', level: null },
      { categories: ['Infra'], severity: 'Moderate', responseType: 'Assess' },
    ],
    [
      { kind: 'incident', report: { type: 'gas-poisoning', place: null, known: '', reporter: '王', enteredBy: '李' } },
      { categories: ['Health', 'CBRNE'], certainty: 'Likely' },
    ],
    [{ disposition: { verdict: 'false', by: '李', comment: '蒸汽', at: 1 } }, { certainty: 'Unlikely' }],
    [{ facts: { ...OVER, active: true, acked: false, suppression: 'shelved' } }, { responseType: 'Monitor' }],
    [{ facts: { ...OVER, latched: true } }, { responseType: 'Monitor', urgency: 'Immediate' }],
    [
      { facts: OVER, state: 'returned-unacknowledged' },
      { responseType: 'Assess', urgency: 'Past' },
    ],
    [{ kind: 'of-nobody' }, { categories: ['Other'] }],
    [{ cause: { ...eventOf(1, {}).alarm.cause, quality: 'uncertain' } }, { certainty: 'Likely' }],
    [
      { proposal: { state: 'proposed', level: 'red', confirmed: null, by: null, comment: null, at: null } },
      { certainty: 'Possible', urgency: 'Expected', responseType: 'Assess' },
    ],
  ] as const)('%j', (row, expected) => {
    expect(graded(row as Partial<Alarm>)).toMatchObject(expected)
  })
})

describe('where', () => {
  test('around the place, with the division', () => {
    expect(message().infos[0]?.area).toEqual({
      areaDesc: '石井社区应急服务站，下穿涵洞，石井路与坪山大道交汇处',
      polygon: null,
      circle: '22.691234,114.351234 0.1',
      geocodes: [{ valueName: 'GB/T 2260', value: '440310' }],
    })
  })

  test('the area of the station where the position of the place is not known; a polygon is closed', () => {
    const corners = [
      { latitude: 22.6, longitude: 114.3 },
      { latitude: 22.7, longitude: 114.3 },
      { latitude: 22.7, longitude: 114.4 },
    ]
    const station = { ...notification(1).station, area: { type: 'polygon' as const, corners } }
    const polygon = message({ place: { ...PLACE, position: null }, station }).infos[0]?.area.polygon
    expect(polygon).toBe('22.6,114.3 22.7,114.3 22.7,114.4 22.6,114.3')
  })
})

test('programs read values, setpoint, ids and colour', () => {
  const values = Object.fromEntries(
    (message().infos[0]?.parameters ?? []).map(({ valueName, value }) => [valueName, value]),
  )
  expect(values).toMatchObject({
    ...{ gateway: 'gateway-1', alarm: 'culvert-level.level', colour: 'orange', value: '0.32 m', setpoint: '0.27 m' },
    ...{ event: 'gateway-1:1', placeRisk: 'orange', quality: 'good', measuredAt: '2026-09-01T16:00:01+08:00' },
  })
})
