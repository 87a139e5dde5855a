import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DeliveryPart } from '../../../gateway/app/delivery-part.ts'
import { HealthMeter, type HealthParts } from '../../../gateway/app/health.ts'
import type { DeliveryStatus } from '../../../gateway/delivery/delivery-status.ts'
import type { JournalStats } from '../../../gateway/journal/journal-types.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'outpost-health-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const WELL: JournalStats = {
  ...{ firstEventSeq: 1, lastEventSeq: 0, lastReadingSeq: 0, storedReadings: 0, waitingReadings: 0, unsavedEvents: 0 },
  ...{ deliveries: [], dropped: 0, refused: 0, damaged: 0, deadLetters: 0, historyLag: 0, setAside: [] },
  ...{ bytes: { alarms: 0, readings: 0, history: 0 }, failed: null, historyFailed: null },
}
const SET_ASIDE = { file: 'alarms.sqlite', movedTo: '/data/alarms.sqlite.damaged-1', reason: 'check failed' }

function meterOf(journal: Partial<JournalStats> = {}, parts: Partial<HealthParts> = {}): HealthMeter {
  return new HealthMeter({
    ...{ gatewayId: 'gw', dataDirectory: directory, clock: new FakeClock() },
    journal: () => ({ ...WELL, ...journal }),
    deliveries: () => [],
    dispatch: () => ({ channels: () => null, figures: () => null, failed: null }),
    badInput: () => 0,
    ruleFailure: () => null,
    configProblems: () => [],
    brokerFile: () => null,
    linkTroubles: () => new Map(),
    lines: () => [],
    detections: () => [],
    failingReverts: () => [],
    children: () => ({ measure: () => [], checks: () => [] }),
    ...parts,
  })
}

function delivery(journal: DeliveryPart['journal'], state: DeliveryStatus['state']): DeliveryPart {
  const works = state === 'idle' || state === 'delivering'
  const status: DeliveryStatus = {
    ...{ id: `sink:${journal}`, state, failure: works ? null : 'unreachable', message: works ? null : 'no answer' },
    ...{ since: null, failuresInARow: 0, failingMs: 0, delivered: 0, deadLettered: 0, attempts: 0, cursor: 0 },
    ...{ oldestUnsentAt: null, waitingMs: 0 },
  }
  return { sinkId: 'sink', journal, wake() {}, status: () => status, start: async () => {}, stop: async () => {} }
}

const valuesOf = (meter: HealthMeter) => [...meter.measure()].find(({ deviceId }) => deviceId === 'gw')?.values

describe('the disk', () => {
  test('that can be looked at says how much is free', () => {
    expect(valuesOf(meterOf())).toMatchObject({ 'disk-free-percent': expect.any(Number), 'journal-failed': 0 })
  })

  test('that cannot be looked at ends nothing: a value is missing, and what is written is not kept', () => {
    const meter = meterOf()
    rmSync(directory, { recursive: true })
    const values = valuesOf(meter)
    expect(values).toHaveProperty('journal-failed', 1)
    expect(values).not.toHaveProperty('disk-free-percent')
    const { status, checks } = meter.health()
    expect(status).toBe('degraded')
    expect(checks.find(({ name }) => name === 'journal')?.detail).toMatch(
      /^the data directory cannot be looked at: ENOENT/,
    )
  })
})

test('a journal file that was set aside is counted, and named until the next start', () => {
  const meter = meterOf({ setAside: [SET_ASIDE] })
  expect(valuesOf(meter)).toHaveProperty('journal-set-aside', 1)
  const { status, checks } = meter.health()
  expect(status).toBe('degraded')
  expect(checks.filter(({ ok }) => !ok)).toEqual([
    {
      name: 'journal files',
      ok: false,
      detail: 'alarms.sqlite was damaged (check failed); it is now /data/alarms.sqlite.damaged-1',
    },
  ])
})

describe('the status', () => {
  const FAILED = { failed: 'disk full' }

  test.each<[string, HealthMeter, string]>([
    ['all is well', meterWith(), 'ok'],
    ['nothing is written, and nobody but the console is to be told', meterWith(FAILED), 'degraded'],
    ['nothing is written, one receiver hears', meterWith(FAILED, ['waiting', 'idle']), 'degraded'],
    ['nothing is written, no receiver hears', meterWith(FAILED, ['waiting', 'refused']), 'failing'],
    ['no receiver hears, but alarms are kept for them', meterWith({}, ['waiting']), 'degraded'],
  ])('when %s', (_case, meter, status) => {
    expect(meter.health().status).toBe(status)
  })

  test('does not count a receiver of readings as one who hears', () => {
    const deliveries = () => [delivery('alarm-events', 'waiting'), delivery('readings', 'idle')]
    const health = meterOf(FAILED, { deliveries }).health()
    expect(health.status).toBe('failing')
    expect(health.checks[0]).toMatchObject({ name: 'alarms', ok: false })
  })

  test('is failing while rules are not evaluated', () => {
    const { status, checks } = meterOf({}, { ruleFailure: () => 'a rule without a point' }).health()
    expect(status).toBe('failing')
    expect(checks[0]?.detail).toBe('rules are not evaluated: a rule without a point')
  })

  function meterWith(journal: Partial<JournalStats> = {}, states: readonly DeliveryStatus['state'][] = []) {
    return meterOf(journal, { deliveries: () => states.map((state) => delivery('alarm-events', state)) })
  }
})
