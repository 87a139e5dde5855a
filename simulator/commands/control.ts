/** `control …`: asks a simulator that runs with `--control`, and tells it what to do. */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ControlClient, ControlError } from '../control/control-client.ts'
import type { ControlState } from '../control/control-desk.ts'
import { DEFAULT_CONTROL_PORT } from '../control/control-server.ts'
import { storyProgress } from '../overview.ts'
import { ProgressLine } from './progress-line.ts'
import { portOption, UsageError } from './usage-error.ts'

/** What a fault may say about itself; numbers are told as such. */
const FAULT_OPTIONS = {
  every: Number,
  share: Number,
  code: Number,
  times: Number,
  by: String,
  of: String,
  place: String,
  offset: String,
} as const
type FaultOption = keyof typeof FAULT_OPTIONS

const WATCH_MS = 500

type Ask = readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string, object?]

/** Resolves with the exit code. Throws a UsageError. */
export async function controlCommand(args: readonly string[]): Promise<number> {
  const { client, words, fault } = readArguments(args)
  try {
    if (words[0] === 'watch') return await watch(client)
    const [method, path, body] = askOf(words, fault)
    const answer = await client.ask(method, path, body)
    const isState = path === '/state'
    process.stdout.write(isState ? stateText(answer as ControlState) : `${JSON.stringify(answer, null, 2)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    process.stderr.write(`simulator: ${error.message}\n`)
    return 1
  }
}

function askOf(words: readonly string[], fault: object): Ask {
  const [command = 'state', what = '', id = '', third = ''] = words
  const known = COMMANDS[command]
  if (known === undefined) {
    throw new UsageError(`there is no "control ${command}"; expected ${Object.keys(COMMANDS).join(', ')} or watch`)
  }
  const wanted = known.words.length
  if (words.length > 0 && words.length - 1 !== wanted) {
    throw new UsageError(`expected "control ${[command, ...known.words].join(' ')}"`)
  }
  if (Object.keys(fault).length > 0 && command !== 'fault') {
    throw new UsageError(`--${Object.keys(fault)[0]} belongs to "control fault"`)
  }
  return known.ask({ what, id, third, fault })
}

interface Words {
  readonly what: string
  readonly id: string
  readonly third: string
  readonly fault: object
}

const COMMANDS: Readonly<Record<string, { readonly words: readonly string[]; readonly ask: (words: Words) => Ask }>> = {
  state: { words: [], ask: () => ['GET', '/state'] },
  show: { words: ['device|line', 'ID'], ask: (words) => ['GET', placeOf(words)] },
  start: { words: [], ask: () => ['POST', '/start'] },
  stop: { words: [], ask: () => ['POST', '/stop'] },
  begin: { words: [], ask: () => ['POST', '/begin'] },
  pause: { words: [], ask: () => ['POST', '/pause'] },
  set: {
    words: ['DEVICE', 'POINT', 'VALUE'],
    ask: ({ what, id, third }) => ['PUT', valuePath(what, id), { value: wantedValue(third) }],
  },
  release: { words: ['DEVICE', 'POINT'], ask: ({ what, id }) => ['DELETE', valuePath(what, id)] },
  fault: {
    words: ['device|line', 'ID', 'FAULT'],
    ask: (words) => ['PUT', `${placeOf(words)}/fault`, { fault: words.third, ...words.fault }],
  },
  clear: { words: ['device|line', 'ID'], ask: (words) => ['DELETE', `${placeOf(words)}/fault`] },
  cut: { words: ['LINE'], ask: ({ what }) => ['POST', `/lines/${encodeURIComponent(what)}/stop`] },
  mend: { words: ['LINE'], ask: ({ what }) => ['POST', `/lines/${encodeURIComponent(what)}/start`] },
}

function placeOf({ what, id }: Words): string {
  if (what !== 'device' && what !== 'line') throw new UsageError(`expected "device" or "line", got "${what}"`)
  return `/${what}s/${encodeURIComponent(id)}`
}

function valuePath(device: string, point: string): string {
  return `/devices/${encodeURIComponent(device)}/values/${encodeURIComponent(point)}`
}

function wantedValue(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new UsageError(`expected a number as the value, got "${text}"`)
}

function readArguments(args: readonly string[]) {
  // A value may be negative, and would be taken for options.
  const options = Object.fromEntries(
    [...Object.keys(FAULT_OPTIONS), 'port'].map((name) => [name, { type: 'string' }] as const),
  )
  const { values, positionals } = parseArgs({ args: args.map(asWord), allowPositionals: true, options })
  const port = portOption(values.port ?? String(DEFAULT_CONTROL_PORT), { name: 'port', least: 1 })
  const fault = Object.entries(FAULT_OPTIONS).flatMap(([name, read]) => {
    const given = values[name as FaultOption]
    return given === undefined ? [] : [[name, read === Number ? optionNumber(name, given) : given.trim()] as const]
  })
  return { client: new ControlClient(port), words: positionals, fault: Object.fromEntries(fault) }
}

/** `-5` as a word that only numbers read: a leading space. */
function asWord(word: string): string {
  return /^-[\d.]/.test(word) ? ` ${word}` : word
}

function optionNumber(name: string, given: string): number {
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (Number.isFinite(value)) return value
  throw new UsageError(`--${name}: expected a number, got "${given}"`)
}

function stateText(state: ControlState): string {
  const { name, isServing, speed, lines, devices } = state
  const progress = isServing ? storyProgress(state, state) : 'stopped'
  const rows = [`${name.zh} / ${name.en}: ${progress}, speed ${speed}`]
  for (const { id, type, port, isUp, fault } of lines) {
    rows.push(`  line   ${id} (${type}${port === null ? '' : ` ${port}`})${isUp ? '' : '  down'}${faultText(fault)}`)
  }
  for (const { id, profile, fault } of devices) rows.push(`  device ${id} (${profile})${faultText(fault)}`)
  return `${rows.join('\n')}\n`
}

function faultText(fault: string | null): string {
  return fault === null ? '' : `  fault: ${fault}`
}

/** Until the story is told, or Ctrl-C. */
async function watch(client: ControlClient): Promise<number> {
  const line = new ProgressLine(process.stderr)
  for (;;) {
    const state = (await client.ask('GET', '/state')) as ControlState
    const faulty = [...state.lines, ...state.devices].filter(({ fault }) => fault !== null).map(({ id }) => id)
    const shown = faulty.length > 4 ? `${faulty.length} devices and lines` : faulty.join(', ')
    const faults = faulty.length === 0 ? '' : `  faulty: ${shown}`
    line.text(`${state.isServing ? storyProgress(state, state) : 'stopped'}${faults}`)
    if (state.repeatEverySeconds === null && state.isServing && state.seconds >= state.durationSeconds) {
      line.clear()
      process.stdout.write(stateText(state))
      return 0
    }
    await delay(WATCH_MS)
  }
}
