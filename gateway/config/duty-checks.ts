/** That rosters name people and days that exist, leave no hour without anybody, and put nobody there whom nobody can reach. */
import { timeZoneProblem } from '../../device-profiles/schedule.ts'
import { parseDate } from '../registry/calendar-date.ts'
import { gapsOf } from '../registry/coverage.ts'
import { type DutySurroundings, LONGEST_HOLIDAY_DAYS, personOf, rosterOf } from './duty.ts'
import { datedGapText, gapListText, weeklyGapText } from './gap-text.ts'
import { knownNames } from './known-names.ts'
import { stationNodes } from './registry.ts'
import type { CalendarSection, RosterSection, ShiftSection } from './registry-schema.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile, StationNode } from './schema.ts'

export function checkDuty(file: ConfigFile, report: Report): void {
  for (const [name, calendar] of Object.entries(file.calendars ?? {})) {
    checkCalendar(calendar, (path, message) => report(['calendars', name, ...path], message))
  }
  checkOwnDuty(file, report)
  const people = new Map((file.people ?? []).map((person) => [person.id, personOf(person)]))
  const surroundings: DutySurroundings = { people, calendars: file.calendars ?? {} }
  for (const { node, at } of stationNodes(file)) {
    checkTimeZone(node, { file, at, report })
    if (node.duty?.type !== 'roster') continue
    checkRoster(node.duty, {
      surroundings,
      report: (path, message) => report([...at, 'duty', ...path], message),
    })
  }
  checkReachable(file, report)
}

/** Nobody is told of an alarm where nobody is named, which must not happen by forgetting it. */
function checkOwnDuty({ station, stations, people, places }: ConfigFile, report: Report): void {
  const named = Object.entries({ stations, people, places }).find(([, section]) => section !== undefined)
  if (station.duty !== undefined || named === undefined) return
  report(
    ['station'],
    `expected duty, because the file has ${named[0]}: a roster of the people who are told, or { type: elsewhere }; got none`,
  )
}

function checkTimeZone(
  { duty, timeZone }: StationNode,
  { file, at, report }: { readonly file: ConfigFile; readonly at: ConfigPath; readonly report: Report },
): void {
  // That of the gateway's own station is looked at with its schedules.
  const problem = timeZone === undefined || at[0] === 'station' ? null : timeZoneProblem(timeZone)
  if (problem !== null) report([...at, 'timeZone'], problem)
  if (duty?.type !== 'roster' || (timeZone ?? file.station.timeZone) !== undefined) return
  report([...at], 'expected a timeZone, as Asia/Shanghai, because a roster goes by the clocks of the station; got none')
}

function checkCalendar({ holidays = [], workdays = [] }: CalendarSection, report: Report): void {
  const off = new Set<number>()
  for (const [index, { from, to = from }] of holidays.entries()) {
    const span = checkSpan({ from, to }, (path, message) => report(['holidays', index, ...path], message))
    if (span === null) continue
    for (let date = span.from; date <= span.to; date++) off.add(date)
  }
  for (const [index, text] of workdays.entries()) {
    const date = checkDate(text, (_, message) => report(['workdays', index], message))
    if (date === null || !off.has(date)) continue
    report(['workdays', index], `expected a day that is no holiday, got ${text}, which is one of the holidays`)
  }
}

function checkDate(text: string, report: Report): number | null {
  const date = parseDate(text)
  if (date === null) report([], `expected a day of the calendar, got ${text}, which does not exist`)
  return date
}

/** Null where it is none. */
function checkSpan(
  { from, to }: { readonly from: string; readonly to: string },
  report: Report,
): { readonly from: number; readonly to: number } | null {
  const first = checkDate(from, (_, message) => report(['from'], message))
  const last = from === to ? first : checkDate(to, (_, message) => report(['to'], message))
  if (first === null || last === null) return null
  if (last < first) report(['to'], `expected a day on or after ${from}, got ${to}`)
  else if (last - first >= LONGEST_HOLIDAY_DAYS)
    report(['to'], `expected at most ${LONGEST_HOLIDAY_DAYS} days, got ${from} to ${to}`)
  else return { from: first, to: last }
  return null
}

interface RosterCheck {
  readonly surroundings: DutySurroundings
  readonly report: Report
}

function checkRoster(roster: RosterSection, { surroundings, report }: RosterCheck): void {
  let isSound = true
  const tell: Report = (path, message) => {
    isSound = false
    report(path, message)
  }
  checkCalendarName(roster, { surroundings, report: tell })
  checkShifts(roster, { surroundings, report: tell })
  // Whom stand-ins replace leaves no hour open.
  checkStandIns(roster, { surroundings, report })
  if (isSound) checkGaps(roster, { surroundings, report })
}

function checkCalendarName({ calendar, shifts }: RosterSection, { surroundings, report }: RosterCheck): void {
  const names = Object.keys(surroundings.calendars)
  if (calendar !== undefined && !names.includes(calendar)) {
    const hint = knownNames('calendars', { name: calendar, names })
    report(['calendar'], `expected the id of a calendar, got "${calendar}"${hint}`)
  }
  if (calendar !== undefined) return
  const index = shifts.findIndex(({ days }) => days?.includes('holidays'))
  if (index >= 0)
    report(['shifts', index, 'days'], 'expected a calendar of the roster, because of "holidays"; got none')
}

function checkShifts({ shifts }: RosterSection, { surroundings, report }: RosterCheck): void {
  const first = new Map<string, number>()
  for (const [index, shift] of shifts.entries()) {
    const tell: Report = (path, message) => report(['shifts', index, ...path], message)
    const before = first.get(shift.id)
    if (before === undefined) first.set(shift.id, index)
    else tell(['id'], `expected an id of its own, got "${shift.id}", which shifts[${before}] has too`)
    if (shift.time?.from === '24:00') tell(['time', 'from'], 'expected a time that begins before 24:00')
    checkTeams(shift, { surroundings, report: tell })
  }
}

function checkTeams({ people, rotation }: ShiftSection, { surroundings, report }: RosterCheck): void {
  if ((people === undefined) === (rotation === undefined)) {
    const came = people === undefined ? 'neither' : 'both'
    report([], `expected either people or a rotation of teams, got ${came}`)
  }
  if (rotation !== undefined) checkDate(rotation.begins, (_, message) => report(['rotation', 'begins'], message))
  for (const [index, name] of (people ?? []).entries()) {
    checkPerson(name, { surroundings, report: (_, message) => report(['people', index], message) })
  }
  for (const [team, members] of (rotation?.teams ?? []).entries()) {
    for (const [index, name] of members.entries()) {
      const tell: Report = (_, message) => report(['rotation', 'teams', team, index], message)
      checkPerson(name, { surroundings, report: tell })
    }
  }
}

function checkPerson(name: string, { surroundings: { people }, report }: RosterCheck): void {
  if (people.has(name)) return
  const hint = knownNames('people', { name, names: [...people.keys()] })
  report([], `expected the id of a person, got "${name}"${hint}`)
}

function membersOf({ shifts }: RosterSection): readonly string[] {
  return [...new Set(shifts.flatMap(({ people = [], rotation }) => [...people, ...(rotation?.teams ?? []).flat()]))]
}

function checkStandIns(roster: RosterSection, { surroundings, report }: RosterCheck): void {
  const members = membersOf(roster)
  const before: { readonly absent: string; readonly by: string; readonly from: number; readonly to: number }[] = []
  for (const [index, { for: absent, by, ...dates }] of (roster.standIns ?? []).entries()) {
    const tell: Report = (path, message) => report(['standIns', index, ...path], message)
    checkPerson(by, { surroundings, report: (_, message) => tell(['by'], message) })
    if (!members.includes(absent)) {
      const hint = knownNames('people in its shifts', { name: absent, names: members })
      tell(['for'], `expected a person who has a shift there, got "${absent}"${hint}`)
    }
    if (by === absent) tell(['by'], `expected another person, got "${by}" in their own place`)
    const span = checkSpan(dates, tell)
    if (span === null) continue
    for (const [other, earlier] of before.entries()) {
      if (earlier.from > span.to || earlier.to < span.from) continue
      const overlap = `on some of these days, as standIns[${other}] says`
      if (earlier.absent === absent)
        tell([], `expected one stand-in for "${absent}" at a time, got "${earlier.by}" ${overlap}`)
      else if (earlier.absent === by)
        tell(['by'], `expected somebody who is there, got "${by}", who is away ${overlap}`)
      else if (earlier.by === absent) {
        tell(
          ['for'],
          `expected somebody who stands in for nobody, got "${absent}", who stands in for "${earlier.absent}" ${overlap}`,
        )
      }
    }
    before.push({ absent, by, ...span })
  }
}

function checkGaps(roster: RosterSection, { surroundings, report }: RosterCheck): void {
  const { week, dates } = gapsOf(rosterOf(roster, surroundings))
  const expected = 'expected somebody on duty at every moment, got nobody'
  if (week.length > 0) {
    report(['shifts'], `${expected} ${gapListText(week, weeklyGapText)}; add a shift, or let another one last longer`)
  }
  if (dates.length > 0) {
    const advice = 'add a shift with days: [holidays], [rest-days] or [workdays]'
    report(
      ['shifts'],
      `${expected} ${gapListText(dates, datedGapText)}, by the calendar "${roster.calendar}"; ${advice}`,
    )
  }
}

function checkReachable(file: ConfigFile, report: Report): void {
  const stationOf = new Map<string, string>()
  for (const { node } of stationNodes(file)) {
    if (node.duty?.type !== 'roster') continue
    const standIns = (node.duty.standIns ?? []).map(({ by }) => by)
    for (const id of [...membersOf(node.duty), ...standIns]) if (!stationOf.has(id)) stationOf.set(id, node.id)
  }
  for (const [index, { id, phone, addresses = {} }] of (file.people ?? []).entries()) {
    const station = stationOf.get(id)
    if (station === undefined || phone !== undefined || Object.keys(addresses).length > 0) continue
    report(['people', index], `expected a phone or addresses, because "${id}" is on duty at "${station}"; got neither`)
  }
}
