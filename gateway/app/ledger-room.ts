/** The ledgers among the other parts: computed from the journal and what is known now, when somebody asks for them. */
import type { GatewayConfig } from '../config/config.ts'
import type {
  InspectionAnswer,
  InspectionWish,
  LedgerAnswer,
  LedgersView,
  LedgerWish,
  MonthlyAnswer,
} from '../http/ledger-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Inspection } from '../ledger-model.ts'
import { alarmTable, falseAlarmTable, responseTable } from '../ledgers/alarm-tables.ts'
import { type DrillReport, drillTable } from '../ledgers/drill-report.ts'
import { equipmentLines, equipmentTable } from '../ledgers/equipment.ts'
import { inspectionTable } from '../ledgers/inspection-table.ts'
import { type MonthlyFigures, monthlyReport } from '../ledgers/monthly-report.ts'
import { coverageOf, coverageTable, onlineTable } from '../ledgers/sensor-tables.ts'
import { type Reader, type Table, timeWriter } from '../ledgers/table.ts'
import type { Clock, LocalText } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { DutyRegistry } from '../registry/registry.ts'
import type { Period } from '../statistics/alarm-statistics.ts'
import { falseAlarms } from '../statistics/false-alarms.ts'
import type { LedgerMoment } from '../statistics/ledger-moment.ts'
import { type Occurrence, OccurrenceBook } from '../statistics/occurrence-book.ts'
import { OnlineTally } from '../statistics/online-rate.ts'
import { responseTimes } from '../statistics/response-times.ts'
import { firstTold } from './dispatch-course.ts'
import type { DrillRoom } from './drill-room.ts'
import { walkLedger } from './ledger-course.ts'
import { type Month, monthOf } from './month.ts'
import { equipmentOf, sensorsOf } from './sensor-facts.ts'

export interface LedgerRoomParts {
  readonly pipeline: Pick<Pipeline, 'devices' | 'alarms' | 'points' | 'ruleOf'>
  readonly journal: Pick<
    Journal,
    'ledgerMoments' | 'dispatch' | 'standing' | 'histories' | 'enter' | 'entries' | 'latestEntries'
  >
  readonly clock: Pick<Clock, 'now'>
  config(): GatewayConfig
  registry(): DutyRegistry
  readonly drills: Pick<DrillRoom, 'list' | 'report'>
}

/** More are a year of floods, which nobody reads; they would cost the gateway its memory. */
const MOST_OCCURRENCES = 100_000
/** Ledgers that are computed at a time. */
const AT_ONCE = 2
/** What people do about an alarm so long after the period still belongs to it. */
const AFTERMATH_MS = 7 * 86_400_000
const MOST_INSPECTIONS = 10_000
/** A clock that is a little ahead is no reason to refuse. */
const AHEAD_MS = 60_000

type Busy = { readonly ok: false; readonly refusal: 'busy'; readonly message: LocalText }

export class LedgerRoom implements LedgersView {
  readonly #parts: LedgerRoomParts
  #underWay = 0

  constructor(parts: LedgerRoomParts) {
    this.#parts = parts
  }

  reader(): Reader {
    const { config, registry } = this.#parts
    return { language: config().gateway.language, timeZone: registry().own.timeZone }
  }

  async table(wish: LedgerWish): Promise<LedgerAnswer> {
    return await this.#alone(async () => {
      const table = await this.#table(wish)
      return table === null ? tooMany() : { ok: true, table }
    })
  }

  async monthly(month: string | null): Promise<MonthlyAnswer> {
    const { timeZone } = this.reader()
    const now = this.#parts.clock.now().wall
    const period = monthOf(month, { timeZone, now })
    if (period.from > now) {
      const message = { zh: `${period.month} 还没有开始`, en: `${period.month} has not begun yet` }
      return { ok: false, refusal: 'month-to-come', message }
    }
    return await this.#alone(async () => {
      const figures = await this.#figuresOf(period, now)
      return figures === null ? tooMany() : { ok: true, html: monthlyReport(figures) }
    })
  }

  async inspect({ device, at, ...wish }: InspectionWish): Promise<InspectionAnswer> {
    const { clock, journal, config, pipeline } = this.#parts
    const now = clock.now().wall
    const unit = Iterator.from(pipeline.devices()).find((status) => status.device.id === device)
    if (unit === undefined || !config().equipment.kinds.includes(unit.device.kind)) {
      const message = { zh: `没有编号为“${device}”的器材`, en: `there is no equipment '${device}'` }
      return { ok: false, refusal: 'unknown-equipment', message }
    }
    if (at !== null && (at > now + AHEAD_MS || at < 0)) {
      const message = { zh: '检查时间不能晚于现在', en: 'what was not done yet cannot be entered' }
      return { ok: false, refusal: 'not-yet', message }
    }
    const inspection: Inspection = { device, ...wish, at: at ?? now, enteredAt: now }
    const subject = `${device}/${wish.type}`
    try {
      await journal.enter({ book: 'inspection', subject, time: inspection.at, content: inspection })
      return { ok: true }
    } catch (error) {
      const message = {
        zh: '未能写入磁盘，请稍后重新登记',
        en: `it is not on disk, enter it again: ${error instanceof Error ? error.message : String(error)}`,
      }
      return { ok: false, refusal: 'not-written', message }
    }
  }

  /** Of a period; null: there were more than a person can do anything with. */
  async occurrences(period: Period, fits: (one: LedgerMoment) => boolean): Promise<readonly Occurrence[] | null> {
    const until = { from: period.from, to: period.to + AFTERMATH_MS }
    const notified = await firstTold(this.#parts.journal, until)
    const book = new OccurrenceBook(period, { most: MOST_OCCURRENCES, notified })
    await walkLedger(this.#parts.journal, until, (moment) => {
      const own = { ...moment, station: this.#stationOf(moment) }
      if (fits(own)) book.add(own)
    })
    return book.isFull ? null : book.result()
  }

  async #figuresOf({ month, from, to }: Month, now: number): Promise<MonthlyFigures | null> {
    const { config, registry } = this.#parts
    const until = { from, to: Math.min(to, now) }
    const occurrences = await this.occurrences(until, () => true)
    if (occurrences === null) return null
    const sensors = this.sensors({ station: null, kind: null })
    const { own } = registry()
    return {
      ...{ month, occurrences, stationName: own.name.zh, timeZone: own.timeZone, madeAt: now, unfinished: to > now },
      targets: config().assessment,
      online: (await this.online(until)).result(sensors.map(({ device }) => device)),
      sensors: new Map(sensors.map((sensor) => [sensor.device, sensor])),
      coverage: coverageOf(registry().places(), sensors),
      equipment: await this.equipment(until),
      drills: await this.drills(until),
      stations: new Map(Iterator.from(registry().stations()).map(({ id, name }) => [id, name.zh])),
    }
  }

  /** A few at a time: whoever asks for ten years of reports at once must not take the gateway from the others. */
  async #alone<T>(work: () => Promise<T>): Promise<T | Busy> {
    if (this.#underWay >= AT_ONCE) {
      const message = { zh: '正在统计其他台账，请稍后再试', en: 'other ledgers are being computed; ask again soon' }
      return { ok: false, refusal: 'busy', message }
    }
    this.#underWay++
    try {
      return await work()
    } finally {
      this.#underWay--
    }
  }

  async #table(wish: LedgerWish): Promise<Table | null> {
    switch (wish.name) {
      case 'alarms':
      case 'responses':
      case 'false-alarms':
        return await this.#ofAlarms(wish)
      case 'online':
        return await this.#online(wish)
      case 'coverage':
        return coverageTable(coverageOf(this.#parts.registry().places(), this.sensors(wish)))
      case 'equipment':
        return await this.#equipment(wish)
      case 'inspections':
        return inspectionTable(
          (await this.#parts.journal.entries('inspection', MOST_INSPECTIONS)) as Inspection[],
          wish,
        )
      case 'drills':
        return drillTable(await this.drills(wish))
    }
  }

  /** Of those that began within the period. */
  async drills({ from, to }: Period): Promise<readonly DrillReport[]> {
    const { drills } = this.#parts
    const reports: DrillReport[] = []
    for (const drill of drills.list().filter((one) => one.from >= from && one.from < to)) {
      const report = await drills.report(drill.id)
      if (report !== null) reports.push(report)
    }
    return reports
  }

  sensors({ station, kind }: Pick<LedgerWish, 'station' | 'kind'>) {
    const all = sensorsOf(this.#parts.pipeline, this.#parts.registry())
    return all.filter((one) => (station ?? one.station) === one.station && (kind ?? one.kind) === one.kind)
  }

  async #ofAlarms({ name, station, kind, by, ...period }: LedgerWish): Promise<Table | null> {
    const fits = (one: LedgerMoment) => (station ?? one.station) === one.station && (kind ?? one.kind) === one.kind
    const occurrences = await this.occurrences(period, fits)
    if (occurrences === null) return null
    const time = timeWriter(this.reader().timeZone)
    if (name === 'alarms') return alarmTable(occurrences)
    if (name === 'responses')
      return responseTable(responseTimes(occurrences, { by, monthOf: (at) => time(at).slice(0, 7) }))
    return falseAlarmTable(falseAlarms(occurrences, (at) => time(at).slice(0, 10)))
  }

  async #online(wish: LedgerWish): Promise<Table> {
    const sensors = new Map(this.sensors(wish).map((sensor) => [sensor.device, sensor]))
    const tally = await this.online(wish)
    return onlineTable(tally.result(sensors.keys()), sensors)
  }

  async online(wish: Period): Promise<OnlineTally> {
    const { pipeline, journal, clock } = this.#parts
    // What is not yet cannot count as heard.
    const period = { from: wish.from, to: Math.min(wish.to, Math.max(wish.from + 1, clock.now().wall)) }
    const deviceOf = (alarm: string): string | null =>
      pipeline.ruleOf(alarm)?.type === 'no-data' ? (alarm.split('.', 1)[0] ?? null) : null
    const tally = new OnlineTally(period, deviceOf)
    tally.standing(await journal.standing(period.from))
    await walkLedger(journal, period, (moment) => tally.add(moment))
    return tally
  }

  async #equipment({ station, kind, ...period }: LedgerWish): Promise<Table> {
    const lines = await this.equipment(period)
    const fits = lines.filter((one) => (station ?? one.station) === one.station && (kind ?? one.kind) === one.kind)
    return equipmentTable(fits)
  }

  async equipment({ from, to }: Period) {
    const { clock } = this.#parts
    const [config, registry] = [this.#parts.config(), this.#parts.registry()]
    const units = await equipmentOf(this.#parts, { config, registry, period: { from, to } })
    return equipmentLines(units, { rule: config.equipment, now: clock.now().wall })
  }

  /** Who answers for it now; of a gateway below, who answered there. */
  #stationOf({ alarm, device, station, kind }: LedgerMoment): string {
    if (alarm.includes(':') || kind === 'incident') return station
    return this.#parts.registry().responsibleFor(device).id
  }
}

function tooMany(): { readonly ok: false; readonly refusal: 'too-many-alarms'; readonly message: LocalText } {
  const message = {
    zh: `该时段报警超过 ${MOST_OCCURRENCES} 次，请缩短时段或指定站点、类别`,
    en: `there are more than ${MOST_OCCURRENCES} alarms in this period: shorten it, or name a station or a kind`,
  }
  return { ok: false, refusal: 'too-many-alarms', message }
}
