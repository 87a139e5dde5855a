import { describe, expect, it } from 'vitest'
import type { LoadResult } from '../../../../simulator/load/load-run.ts'
import { isCarried, limitOf, loadText } from '../../../../simulator/load/load-text.ts'

const own = { cores: 0.3, megabytes: 300, loopLate: { p99: 1, max: 4 } }
const busy = { ...own, cores: 0.9 }
const figures = {
  ...{ seconds: 10, offered: 20_000, done: 20_000, lost: 0, heldBack: 0, cutOff: 0 },
  latency: { p50: 1.23, p90: 4, p99: 51, max: 126.4 },
}

function result(facts: Partial<LoadResult> = {}): LoadResult {
  return {
    ...{ plan: { protocol: 'mqtt', devices: 10_000, rate: 2000, seconds: 10 }, figures, own },
    ...{ gateway: { cores: 0.8, megabytes: 800 }, machine: { cores: 2, busy: 1.2 } },
    ...{ alone: { perSecond: 30_000, own }, ...facts },
  }
}

const unpaced = { plan: { protocol: 'mqtt', devices: 10_000, rate: null, seconds: 10 } } as const

describe('who kept a load from being more', () => {
  it.each<[string, Partial<LoadResult>, ReturnType<typeof limitOf>, boolean]>([
    ['the pace that was asked for', {}, 'pace', true],
    ['the gateway, that was behind', { figures: { ...figures, done: 15_000, lost: 5000 } }, 'gateway', false],
    ['the gateway, that took what it could', unpaced, 'gateway', true],
    [
      'its thread was idle, though alone it was slower',
      { ...unpaced, alone: { perSecond: 900, own } },
      'gateway',
      true,
    ],
    ['its thread was busy, though alone it was faster', { ...unpaced, own: { ...own, cores: 1 } }, 'gateway', true],
    ['the simulator had no time left', { ...unpaced, own: busy, alone: { perSecond: 2900, own } }, 'simulator', true],
    ['others had the machine', { ...unpaced, machine: { cores: 2, busy: 1.95 } }, 'machine', true],
    ['the pace was kept on a busy machine', { machine: { cores: 2, busy: 1.95 } }, 'pace', true],
    ['one connection was cut off', { figures: { ...figures, cutOff: 1 } }, 'pace', false],
    ['nothing came at all', { ...unpaced, figures: { ...figures, offered: 0, done: 0 } }, 'gateway', false],
  ])('%s', (_, facts, limit, carried) => {
    expect([limitOf(result(facts)), isCarried(result(facts))]).toEqual([limit, carried])
  })
})

describe('the figures of a load', () => {
  it('stand on a page', () => {
    expect(loadText(result())).toBe(`10,000 MQTT devices    2,000 messages/s, for 10.0 s
achieved               2,000/s: 20,000 of 20,000 acknowledged, 0 lost
due until PUBACK       p50 1.2 ms, p90 4.0 ms, p99 51.0 ms, max 126 ms
gateway                0.80 cores, 800 MB
simulator              0.30 cores, 300 MB, event loop late by 1.0 ms (p99), 4.0 ms (max)
simulator alone        30,000/s into a null broker, 0.30 cores, 300 MB, event loop late by 1.0 ms (p99), 4.0 ms (max)
machine                1.20 of 2 cores busy, 0.10 of them with other things
limit                  the pace that was asked for; the simulator could do 15.0 times as much
`)
  })

  it('say what was not carried', () => {
    const lossy = { ...figures, done: 19_000, lost: 1000, heldBack: 7, cutOff: 2 }
    const row =
      '19,000 of 20,000 acknowledged, 1,000 lost, 7 not sent, too much was unacknowledged, 2 connections cut off'
    expect(loadText(result({ figures: lossy, gateway: null }))).toContain(row)
    const modbus = { protocol: 'modbus', devices: 10, rate: 2000, seconds: 10 } as const
    expect(loadText(result({ plan: modbus, figures: lossy }))).toContain('19,000 of 20,000 polls, 1,000 missing')
  })
})
