/** Stations and places as the API shows them: a real gateway of the mind behind, the order of the tree, and what is worst. */
import { describe, expect, it } from 'vitest'
import type { Alarm, Priority } from '../../../gateway/alarm-model.ts'
import { createRegistryView } from '../../../gateway/app/registry-view.ts'
import { createRegistry } from '../../../gateway/registry/registry.ts'
import type { RegistryContent } from '../../../gateway/registry/registry-content.ts'
import type { Place, RegisteredStation } from '../../../gateway/registry-model.ts'
import { sampleAlarms } from '../../support/fake-station.ts'
import { HeldClock } from '../../support/http.ts'

const clock = new HeldClock()
const { wall } = clock.now()
const [sample] = sampleAlarms(wall)

function station(id: string, parent: string | null): RegisteredStation {
  const own = { id, parent, name: { zh: id, en: id }, level: 'bureau', type: null, address: '深圳' } as const
  return { ...own, timeZone: 'Asia/Shanghai', area: null, contacts: [] }
}

function place(id: string, at: string): Place {
  const own = { id, station: at, name: { zh: id, en: id }, kind: 'other', risk: 'red', address: '罗沙路' } as const
  return { ...own, position: null }
}

let count = 0
function alarm(priority: Priority, more: Partial<Alarm>): Alarm {
  const facts = { active: true, acked: false, latched: false, suppression: null }
  const own = { id: `device-${++count}.rule`, priority, facts, state: 'unacknowledged', mark: null } as const
  return { ...(sample as Alarm), ...own, station: 'low', ...more }
}

const chen = { id: 'chen', name: '陈志强', phone: '138', addresses: { mail: 'chen@example.com' } }
const CONTENT: RegistryContent = {
  own: 'low',
  stations: [
    {
      station: station('low', 'middle'),
      roster: {
        calendar: { holidays: [], workdays: [] },
        shifts: [{ id: 'all', days: null, from: 0, to: 1440, teams: [[chen]], rotation: { from: 0, days: 1 } }],
        standIns: [],
      },
    },
    { station: station('other', 'middle'), roster: null },
    { station: station('middle', 'top'), roster: null },
    { station: station('top', null), roster: null },
  ],
  places: [place('market', 'low'), place('slope', 'other')],
  placeOfDevice: { smoke: 'market', tag: 'market' },
}

function viewOf(alarms: readonly Alarm[]) {
  const registry = createRegistry(CONTENT)
  return createRegistryView({ registry: () => registry, alarms: () => alarms, clock })
}

describe('stations', () => {
  it('stand in the order of the tree, whatever that of the file', () => {
    const stations = viewOf([]).stations()
    expect(stations.map(({ id, depth, own, places }) => [id, depth, own, places])).toEqual([
      ['top', 0, false, 0],
      ['middle', 1, false, 0],
      ['low', 2, true, 1],
      ['other', 2, false, 1],
    ])
  })

  it('say who is on duty, without the addresses, or that they do not know', () => {
    const [top, , low] = viewOf([]).stations()
    expect(top?.duty).toBeNull()
    const [shift] = low?.duty ?? []
    expect(shift?.people).toEqual([{ id: 'chen', name: '陈志强', phone: '138', inPlaceOf: null }])
    expect((shift?.until ?? 0) - wall).toBeGreaterThan(0)
    expect((shift?.until ?? 0) - wall).toBeLessThanOrEqual(86_400_000)
  })
})

describe('the worst open alarm', () => {
  it('is of the highest priority, also where another one is unseen', () => {
    const seen = alarm('urgent', { state: 'acknowledged', placeId: 'market' })
    const unseen = alarm('low', { placeId: 'market' })
    const view = viewOf([unseen, seen])
    expect(view.places()[0]).toMatchObject({ openAlarms: 2, worstAlarm: { id: seen.id, priority: 'urgent' } })
    expect(view.stations()[2]).toMatchObject({ openAlarms: 2, worstAlarm: { id: seen.id } })
    expect(view.places()[1]).toMatchObject({ openAlarms: 0, worstAlarm: null })
  })

  it('is none that is over, put aside or an exercise', () => {
    const closed = (['normal', 'shelved', 'suppressed-by-design', 'out-of-service'] as const).map((state) =>
      alarm('urgent', { state, placeId: 'market' }),
    )
    const view = viewOf([...closed, alarm('urgent', { mark: 'exercise', placeId: 'market' })])
    expect(view.places()[0]).toMatchObject({ openAlarms: 0, worstAlarm: null, devices: ['smoke', 'tag'] })
  })
})
