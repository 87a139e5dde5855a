/** What is wrong with routes, chains and channels by themselves: names that mean nothing, ways that nobody uses. */

import { parseDuration } from '../../device-profiles/duration.ts'
import { compileChain, MOST_RUNGS } from '../dispatch/chain.ts'
import type { DispatchSection, MatchSection } from './dispatch-schema.ts'
import { knownNames } from './known-names.ts'
import { checkReach } from './reach-checks.ts'
import { stationNodes } from './registry.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

/** Less, and people would be called again before they can answer. */
const LEAST_WAIT_MS = 10_000

interface Known {
  readonly file: ConfigFile
  readonly dispatch: DispatchSection
  readonly report: Report
}

export function checkDispatch(file: ConfigFile, report: Report): void {
  const { dispatch } = file
  if (dispatch === undefined) return
  const known = { file, dispatch, report: ((path, message) => report(['dispatch', ...path], message)) as Report }
  checkIds(known)
  checkNames(known)
  checkDefault(known)
  checkUnused(known)
  checkChains(known)
  checkReach(known)
}

function checkIds({ dispatch, report }: Known): void {
  for (const section of ['channels', 'routes'] as const) {
    const first = new Map<string, number>()
    for (const [index, { id }] of dispatch[section].entries()) {
      const before = first.get(id)
      if (before === undefined) first.set(id, index)
      else report([section, index, 'id'], `expected an id of its own, got "${id}", which ${section}[${before}] has too`)
    }
  }
}

function checkNames({ file, dispatch, report }: Known): void {
  const stations = stationNodes(file).map(({ node }) => node.id)
  const channels = dispatch.channels.map(({ id }) => id)
  const names = { stations, channels, chains: Object.keys(dispatch.chains ?? {}) }
  const check = (
    at: ConfigPath,
    { what, given = [] }: { what: keyof typeof names; given?: readonly string[] | undefined },
  ) => {
    for (const [index, name] of given.entries()) {
      if (names[what].includes(name)) continue
      const hint = knownNames(what, { name, names: names[what] })
      report(
        [...at, ...(at.at(-1) === 'chain' ? [] : [index])],
        `expected the id of a ${what.slice(0, -1)}, got "${name}"${hint}`,
      )
    }
  }
  for (const [index, channel] of dispatch.channels.entries()) {
    check(['channels', index, 'stations'], { what: 'stations', given: channel.stations })
  }
  for (const [index, route] of dispatch.routes.entries()) {
    check(['routes', index, 'channels'], { what: 'channels', given: route.channels })
    check(['routes', index, 'alsoStations'], { what: 'stations', given: route.alsoStations })
    check(['routes', index, 'chain'], { what: 'chains', given: route.chain === undefined ? [] : [route.chain] })
    if (route.when !== undefined) checkMatch(['routes', index, 'when'], { match: route.when, file, report })
  }
  for (const [index, { source, target }] of (dispatch.inhibitions ?? []).entries()) {
    checkMatch(['inhibitions', index, 'source'], { match: source, file, report })
    checkMatch(['inhibitions', index, 'target'], { match: target, file, report })
  }
}

function checkMatch(
  at: ConfigPath,
  { match, file, report }: { readonly match: MatchSection; readonly file: ConfigFile; readonly report: Report },
): void {
  const names = {
    stations: stationNodes(file).map(({ node }) => node.id),
    places: (file.places ?? []).map(({ id }) => id),
  }
  for (const what of ['stations', 'places'] as const) {
    for (const [index, name] of (match[what] ?? []).entries()) {
      if (names[what].includes(name)) continue
      const hint = knownNames(what, { name, names: names[what] })
      report([...at, what, index], `expected the id of a ${what.slice(0, -1)}, got "${name}"${hint}`)
    }
  }
  const schedules = Object.keys(file.schedules ?? {})
  if (match.during !== undefined && !schedules.includes(match.during)) {
    const hint = knownNames('schedules', { name: match.during, names: schedules })
    report([...at, 'during'], `expected the name of a schedule, got "${match.during}"${hint}`)
  } else if (match.during !== undefined && file.station.timeZone === undefined) {
    report(
      [...at, 'during'],
      'expected station.timeZone beside it, because a schedule is by the clocks of the station; got none',
    )
  }
}

/** An alarm that no route fits would be told to nobody. */
function checkDefault({ dispatch: { routes }, report }: Known): void {
  const last = routes.length - 1
  if (routes[last]?.when !== undefined) {
    report(
      ['routes', last],
      'expected a last route without "when", so that every alarm is told to somebody; got one with it',
    )
  }
  for (const [index, { id, when, continue: goesOn = false }] of routes.entries()) {
    if (index === last || when !== undefined || goesOn) continue
    report(
      ['routes', index + 1],
      `expected a route that is ever looked at, got one behind "${id}", which takes everything`,
    )
    return
  }
}

function checkUnused({ dispatch, report }: Known): void {
  const used = new Set(dispatch.routes.flatMap(({ channels }) => channels))
  for (const [index, { id }] of dispatch.channels.entries()) {
    if (!used.has(id))
      report(['channels', index, 'id'], `expected a channel that a route uses, got "${id}", which none does`)
  }
  const chains = new Set(dispatch.routes.map(({ chain }) => chain))
  for (const id of Object.keys(dispatch.chains ?? {})) {
    if (!chains.has(id)) report(['chains', id], `expected a chain that a route uses, got "${id}", which none does`)
  }
}

function checkChains({ dispatch, report }: Known): void {
  for (const [id, { steps }] of Object.entries(dispatch.chains ?? {})) {
    const at = ['chains', id, 'steps']
    if (steps[0]?.type !== 'notify') {
      report([...at, 0, 'type'], `expected notify first, so that people are told at once, got ${steps[0]?.type}`)
    }
    for (const [index, step] of steps.entries()) {
      const before = steps[index - 1]?.type
      const tells = step.type === 'notify' || step.type === 'notify-parent'
      if (step.type === 'wait' && parseDuration(step.for) < LEAST_WAIT_MS) {
        report([...at, index, 'for'], `expected 10s or more, so that people can answer, got ${step.for}`)
      } else if (tells && (before === 'notify' || before === 'notify-parent')) {
        report(
          [...at, index],
          `expected a wait between ${before} and ${step.type}, so that people can answer; got none`,
        )
      } else if (step.type === 'repeat' && before !== 'wait') {
        report([...at, index], 'expected a wait before repeat, so that people can answer; got none')
      } else if (step.type === 'stop' && index < steps.length - 1) {
        report([...at, index], 'expected stop at the end, got steps behind it')
      }
    }
    const played = steps.map((step) => (step.type === 'wait' ? { type: 'wait' as const, ms: 0 } : step))
    if (compileChain(played, { most: MOST_RUNGS + 1 }).rungs.length > MOST_RUNGS) {
      report(at, `expected at most ${MOST_RUNGS} times that people are told, got more`)
    }
  }
}
