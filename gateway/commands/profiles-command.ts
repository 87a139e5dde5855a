/** `outpost profiles`: the engineer's tools around device profiles. */
import { parseArgs } from 'node:util'
import { problemText } from '../../device-profiles/yaml-document.ts'
import { importCommand } from './profiles/import-command.ts'
import { parseLanguage } from './profiles/language.ts'
import { listProfiles, profileSummary, profileTable, searchProfiles } from './profiles/list-profiles.ts'
import { newCommand } from './profiles/new-command.ts'
import { findProfile, openCatalogue } from './profiles/profile-folder.ts'
import { showProfile } from './profiles/show-profile.ts'
import { isGood, tryProfiles } from './profiles/try-profiles.ts'
import { verdictText } from './profiles/verdict-text.ts'
import { UsageError } from './usage-error.ts'

export const PROFILES_HELP = `outpost profiles: what device models there are, and how to make one more

  outpost profiles list [--kind KIND] [--protocol modbus|mqtt] [--status STATUS]
  outpost profiles search WORDS…      by id, maker, names in both languages, quantities and points
  outpost profiles show ID            its points, rules, caveats, sources and vectors
  outpost profiles test [ID | FILE]   what is wrong with it and what its vectors give; all profiles without a name
  outpost profiles new …              asks questions and writes a profile; "outpost profiles new --help" says how
  outpost profiles import FILE …      from ioBroker, EdgeX or Telegraf; "outpost profiles import --help" says how

  --profiles FOLDER   a folder with models of your own, beside those that come with Outpost
  --lang zh|en        the language of list, search and show; en if absent
  --json              the answer as JSON

A FILE need not stand in a folder of profiles; where it does (FOLDER/models/ID.yaml), the kinds of that folder count too.
Exit codes: 0 well, 1 a profile has a problem or a vector fails, or nothing was found, 2 the command line is wrong.
`

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  profiles: { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean', default: false },
  kind: { type: 'string' },
  protocol: { type: 'string' },
  status: { type: 'string' },
} as const

type Values = ReturnType<typeof parse>['values']
type Answer = number | Promise<number>

const COMMANDS: Readonly<Record<string, (words: readonly string[], values: Values) => Answer>> = {
  list,
  search,
  show,
  test: tryAll,
}

/** Those with options of their own. */
const OWN_OPTIONS: Readonly<Partial<Record<string, (args: readonly string[]) => Promise<number>>>> = {
  import: importCommand,
  new: newCommand,
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
}

/** Gives the exit code. Throws where the command line is wrong. */
export async function profilesCommand(args: readonly string[]): Promise<number> {
  const own = OWN_OPTIONS[args[0] ?? '']
  if (own !== undefined) return await own(args.slice(1))
  const { values, positionals } = parse(args)
  const [name, ...words] = positionals
  if (values.help || name === undefined) return print(PROFILES_HELP)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    throw new UsageError(
      `expected one of ${[...Object.keys(COMMANDS), ...Object.keys(OWN_OPTIONS)].join(', ')}, got "${name}"`,
    )
  }
  for (const filter of ['kind', 'protocol', 'status'] as const) {
    if (values[filter] !== undefined && name !== 'list' && name !== 'search') {
      throw new UsageError(`--${filter} belongs to "list" and "search"`)
    }
  }
  return await command(words, values)
}

function list(words: readonly string[], values: Values): number {
  if (words.length > 0) throw new UsageError(`"list" takes no words, got "${words.join(' ')}"; "search" does`)
  return found(values, { words })
}

function search(words: readonly string[], values: Values): number {
  if (words.length === 0) throw new UsageError('"search" needs words: outpost profiles search water radar')
  return found(values, { words })
}

function found(values: Values, { words }: { readonly words: readonly string[] }): number {
  const language = parseLanguage(values.lang)
  const catalogue = openCatalogue(values.profiles)
  const all = listProfiles(catalogue, values)
  const profiles = words.length === 0 ? all : searchProfiles(all, { words, kinds: catalogue.kinds })
  for (const problem of catalogue.problems) process.stderr.write(`${problemText(problem)}\n`)
  if (values.json) print(JSON.stringify(profiles.map(profileSummary), null, 2))
  else if (profiles.length > 0) print(profileTable(profiles, language))
  if (profiles.length > 0) return 0
  const wanted = words.length === 0 ? 'with these filters' : `in which all of "${words.join(' ')}" stands`
  process.stderr.write(`outpost profiles: there is no profile ${wanted}; "outpost profiles list" shows all\n`)
  return 1
}

function show(words: readonly string[], values: Values): number {
  const language = parseLanguage(values.lang)
  const [id, ...more] = words
  if (id === undefined || more.length > 0) throw new UsageError(`"show" takes one id, got ${words.length}`)
  const catalogue = openCatalogue(values.profiles)
  const profile = findProfile(catalogue, id)
  if (values.json) return print(JSON.stringify(profile, null, 2))
  return print(showProfile(profile, { kind: catalogue.kinds.get(profile.kind), language }))
}

async function tryAll(words: readonly string[], values: Values): Promise<number> {
  const [target, ...more] = words
  if (more.length > 0) throw new UsageError(`"test" takes one id or file, got ${words.length}`)
  const verdicts = await tryProfiles(target, values.profiles)
  print(values.json ? JSON.stringify(verdicts, null, 2) : verdictText(verdicts, { isWhole: target === undefined }))
  return verdicts.every(isGood) ? 0 : 1
}

function print(text: string): number {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  return 0
}
