/** How well sensors are heard, and which places they cover. */
import type { Place } from '../registry-model.ts'
import type { OnlineRate } from '../statistics/online-rate.ts'
import { KIND_NAMES } from './names.ts'
import { type Cell, type Column, column, known, type Table } from './table.ts'

export interface SensorFacts {
  readonly device: string
  readonly deviceName: string
  readonly kind: string
  /** Id of the station that is responsible. */
  readonly station: string
  readonly place: string
  /** Id of the registered place; null where it is only described in words. */
  readonly placeId: string | null
  readonly working: boolean
}

const ONLINE_COLUMNS: readonly Column[] = [
  column('device', 'text', { zh: '编号', en: 'Id' }),
  column('deviceName', 'text', { zh: '名称', en: 'Name' }),
  column('kind', 'text', { zh: '类别', en: 'Kind', names: KIND_NAMES }),
  column('station', 'text', { zh: '站点', en: 'Station' }),
  column('place', 'text', { zh: '位置', en: 'Place' }),
  column('rate', 'share', { zh: '在线率', en: 'Online' }),
  column('silences', 'number', { zh: '失联次数', en: 'Silences' }),
  column('offlineMs', 'duration', { zh: '失联时长', en: 'Offline' }),
  column('offlineNow', 'yes-no', { zh: '当前失联', en: 'Offline now' }),
]

export function onlineTable(rates: readonly OnlineRate[], sensors: ReadonlyMap<string, SensorFacts>): Table {
  const rows = rates.map((rate): readonly Cell[] => {
    const { deviceName, kind, station, place } = sensors.get(rate.device) ?? {}
    return [
      ...[rate.device, deviceName ?? null, kind ?? null, station ?? null, place ?? null],
      ...[rate.rate, rate.silences, rate.offlineMs, rate.offlineNow],
    ]
  })
  return {
    name: 'online',
    title: { zh: '传感器在线率', en: 'Sensors online' },
    columns: ONLINE_COLUMNS,
    ...known(rows),
  }
}

export interface Coverage {
  readonly station: string
  readonly places: number
  /** Where at least one sensor is heard and believed now. */
  readonly working: number
  /** Where there are sensors, and none of them works. */
  readonly blind: number
  readonly without: number
  /** Null where the station has no registered place. */
  readonly share: number | null
  readonly sensors: number
  readonly sensorsWorking: number
  /** Sensors that hang at no registered place. */
  readonly elsewhere: number
}

/** Of each station that has places or sensors. */
export function coverageOf(places: Iterable<Place>, sensors: readonly SensorFacts[]): Coverage[] {
  const byPlace = Map.groupBy(sensors, ({ placeId }) => placeId)
  const registered = Map.groupBy(places, ({ station }) => station)
  const stations = new Set([...registered.keys(), ...sensors.map(({ station }) => station)])
  return [...stations].sort().map((station) => {
    const own = registered.get(station) ?? []
    const hanging = sensors.filter((sensor) => sensor.station === station)
    const equipped = own.map(({ id }) => byPlace.get(id) ?? [])
    const working = equipped.filter((list) => list.some((sensor) => sensor.working)).length
    const without = equipped.filter((list) => list.length === 0).length
    return {
      ...{ station, places: own.length, working, without, blind: own.length - working - without },
      share: own.length === 0 ? null : working / own.length,
      ...{ sensors: hanging.length, sensorsWorking: hanging.filter((sensor) => sensor.working).length },
      elsewhere: hanging.filter(({ placeId }) => placeId === null).length,
    }
  })
}

const COVERAGE_COLUMNS: readonly Column[] = [
  column('station', 'text', { zh: '站点', en: 'Station' }),
  column('places', 'number', { zh: '重点场所', en: 'Places' }),
  column('working', 'number', { zh: '有正常传感器', en: 'With working sensors' }),
  column('blind', 'number', { zh: '传感器均异常', en: 'With sensors, none working' }),
  column('without', 'number', { zh: '无传感器', en: 'Without sensors' }),
  column('share', 'share', { zh: '覆盖率', en: 'Covered' }),
  column('sensors', 'number', { zh: '传感器', en: 'Sensors' }),
  column('sensorsWorking', 'number', { zh: '正常传感器', en: 'Working sensors' }),
  column('elsewhere', 'number', { zh: '未登记场所的传感器', en: 'Sensors at no registered place' }),
]

export function coverageTable(coverage: readonly Coverage[]): Table {
  const rows = coverage.map((line): readonly Cell[] => COVERAGE_COLUMNS.map(({ key }) => line[key as keyof Coverage]))
  return { name: 'coverage', title: { zh: '覆盖情况', en: 'Coverage' }, columns: COVERAGE_COLUMNS, ...known(rows) }
}
