/** What the registry answers about stations, places and devices, and how it keeps its answers. */
import { describe, expect, it } from 'vitest'
import { createRegistry } from '../../../gateway/registry/registry.ts'
import type { RegistryContent, Roster } from '../../../gateway/registry/registry-content.ts'
import type { Person, RegisteredStation } from '../../../gateway/registry-model.ts'

const [chen, li] = ['chen', 'li'].map((id): Person => ({ id, name: id, phone: '1', addresses: {} })) as [Person, Person]

function station(id: string, parent: string | null, more: Partial<RegisteredStation> = {}): RegisteredStation {
  const own = { id, parent, name: { zh: id, en: id }, level: 'station', type: 'community', address: '深圳' } as const
  return { ...own, timeZone: 'Asia/Shanghai', area: null, contacts: [], ...more }
}

const DAY_AND_NIGHT: Roster = {
  calendar: { holidays: [], workdays: [] },
  shifts: [
    { id: 'day', days: null, from: 480, to: 1200, teams: [[chen]], rotation: { from: 0, days: 1 } },
    { id: 'night', days: null, from: 1200, to: 1920, teams: [[li]], rotation: { from: 0, days: 1 } },
  ],
  standIns: [],
}

const CONTENT: RegistryContent = {
  own: 'liantang',
  stations: [
    { station: station('luohu', null, { level: 'bureau', type: null }), roster: null },
    { station: station('liantang-street', 'luohu', { level: 'centre', type: null }), roster: null },
    { station: station('liantang', 'liantang-street'), roster: DAY_AND_NIGHT },
    { station: station('berlin', 'luohu', { timeZone: 'Europe/Berlin' }), roster: DAY_AND_NIGHT },
  ],
  places: [
    {
      ...{ id: 'underpass', name: { zh: '下穿', en: 'Underpass' }, kind: 'low-ground', risk: 'red', address: '罗沙路' },
      ...{ position: null, station: 'berlin' },
    },
  ],
  placeOfDevice: { radar: 'underpass' },
}

const registry = createRegistry(CONTENT)
const ids = (items: Iterable<{ readonly id: string }>): readonly string[] => [...items].map(({ id }) => id)
const at = (iso: string): number => Date.parse(iso)

describe('the registry', () => {
  it('leads from a station to the top of the tree', () => {
    expect(ids(registry.chainOf('liantang'))).toEqual(['liantang', 'liantang-street', 'luohu'])
    expect(ids(registry.chainOf('luohu'))).toEqual(['luohu'])
    expect(registry.chainOf('nowhere')).toEqual([])
  })

  it('knows who is responsible for a device: the station of its place, else that of the gateway', () => {
    expect(registry.placeOf('radar')?.id).toBe('underpass')
    expect(registry.responsibleFor('radar').id).toBe('berlin')
    expect(registry.placeOf('other')).toBeNull()
    expect(registry.responsibleFor('other').id).toBe('liantang')
    expect(registry.devicesAt('underpass')).toEqual(['radar'])
  })

  it('tells who is on duty by the clocks of each station', () => {
    const moment = at('2026-11-24T07:59:59+08:00')
    expect(ids(registry.onDuty('liantang', moment))).toEqual(['li'])
    expect(ids(registry.onDuty('liantang', moment + 1000))).toEqual(['chen'])
    // 01:00 in Berlin.
    expect(ids(registry.onDuty('berlin', moment + 1000))).toEqual(['li'])
    expect(registry.onDuty('luohu', moment)).toEqual([])
  })

  it('tells until when a shift lasts, also over midnight', () => {
    const [shift] = registry.dutyAt('liantang', at('2026-11-24T23:30:00+08:00')) ?? []
    expect(shift).toMatchObject({ shift: 'night', until: at('2026-11-25T08:00:00+08:00') })
    expect(registry.dutyAt('luohu', 0)).toBeNull()
  })

  it('does not hang where a chain leads back to itself', () => {
    const circle = createRegistry({
      ...CONTENT,
      stations: [
        { station: station('liantang', 'b'), roster: null },
        { station: station('b', 'liantang'), roster: null },
      ],
    })
    expect(ids(circle.chainOf('b'))).toEqual(['b', 'liantang'])
  })
})
