/** `outpost profiles import`: register lists and profiles of other tools as ours; what could not be carried over is said line by line. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ModbusBinding } from '../../../device-profiles/binding-schema.ts'
import type { WrittenProfile } from '../../../device-profiles/schema.ts'
import { suggestion } from '../../../device-profiles/suggestion.ts'
import { unitProblem } from '../../../device-profiles/units.ts'
import { UsageError } from '../usage-error.ts'
import { type ForeignDevice, ForeignFileError, type Loss } from './import/foreign-device.ts'
import { readEdgex } from './import/read-edgex.ts'
import { readRegisterList } from './import/read-iobroker.ts'
import { readTelegraf } from './import/read-telegraf.ts'
import { toPoints } from './import/to-points.ts'
import { askHead, HEAD_KEYS } from './new/head-questions.ts'
import { createInterview } from './new/interview.ts'
import { freeFile } from './new-command.ts'
import { openCatalogue } from './profile-folder.ts'
import { profileText } from './profile-text.ts'
import { isGood, tryProfileText } from './try-profiles.ts'
import { verdictText } from './verdict-text.ts'

const FORMATS = ['iobroker', 'edgex', 'telegraf'] as const
type Format = (typeof FORMATS)[number]
const TABLES = ['holding-register', 'input-register', 'coil', 'discrete-input'] as const

export const IMPORT_HELP = `outpost profiles import: a profile from a file of another tool

  outpost profiles import FILE --kind KIND [--vendor …] [--model …] [--id …] [--profiles FOLDER]

  --from iobroker|edgex|telegraf   by the ending if absent: .csv and .tsv, .yaml and .yml, .conf and .toml
  --table TABLE         of a register list, which says no table itself: ${TABLES.join(', ')}
  --references          the addresses of a register list are reference numbers (40001), not those on the wire
  --unit ID=UNIT        the unit of a point, where the file says none or another one; several times
  --quantity ID=NAME    what a point measures, in the words of the kind; several times. By the name of the point if absent
  --${HEAD_KEYS.filter((key) => !['protocol', 'topic', 'interval', 'format', 'byte-order', 'f-port'].includes(key)).join(', --')}

Writes FOLDER/models/ID.yaml, without a folder ./ID.yaml, and never over another file. What could not be carried over is said with its line.
Exit codes: 0 written and good, 1 written and not good yet, or nothing to import, 2 the command line is wrong.
`

const TEXT = { type: 'string' } as const
const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  from: TEXT,
  profiles: TEXT,
  table: TEXT,
  references: { type: 'boolean', default: false },
  quantity: { type: 'string', multiple: true, default: [] as string[] },
  unit: { type: 'string', multiple: true, default: [] as string[] },
} as const

/** Gives the exit code. Throws a UsageError where the command line is wrong. */
export async function importCommand(args: readonly string[]): Promise<number> {
  const heads = Object.fromEntries(HEAD_KEYS.map((key) => [key, TEXT]))
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...heads, ...OPTIONS },
  })
  if (values.help) {
    process.stdout.write(IMPORT_HELP)
    return 0
  }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError(`"import" takes one file, got ${positionals.length}`)
  const format = formatOf(file, values.from)
  const foreign = read(file, { format, table: tableOf(file, values.table), isAliased: values.references })
  if (foreign === null) return 1
  return await write(file, { format, foreign, values, quantities: values.quantity, units: values.unit })
}

function formatOf(file: string, from: string | undefined): Format {
  const found = FORMATS.find((format) => format === from)
  if (found !== undefined) return found
  if (from !== undefined)
    throw new UsageError(`--from: expected one of ${FORMATS.join(', ')}, got "${from}"${suggestion(from, FORMATS)}`)
  const byEnding: Readonly<Record<string, Format>> = {
    ...{ '.csv': 'iobroker', '.tsv': 'iobroker', '.txt': 'iobroker', '.yaml': 'edgex', '.yml': 'edgex' },
    ...{ '.conf': 'telegraf', '.toml': 'telegraf' },
  }
  const format = byEnding[extname(file).toLowerCase()]
  if (format === undefined)
    throw new UsageError(`--from: "${file}" does not say by its ending what it is; give one of ${FORMATS.join(', ')}`)
  return format
}

function tableOf(file: string, table: string | undefined): ModbusBinding['table'] {
  const known = TABLES.find((candidate) => candidate === table)
  if (known !== undefined) return known
  if (table !== undefined) throw new UsageError(`--table: expected one of ${TABLES.join(', ')}, got "${table}"`)
  const name = basename(file).toLowerCase()
  if (name.includes('coil')) return 'coil'
  if (name.includes('disc')) return 'discrete-input'
  return name.includes('input') ? 'input-register' : 'holding-register'
}

interface ReadOptions {
  readonly format: Format
  readonly table: ModbusBinding['table']
  readonly isAliased: boolean
}

/** Null, and said why, where there is nothing to import. */
function read(file: string, { format, ...list }: ReadOptions): ForeignDevice | null {
  try {
    const text = readFileSync(file, 'utf8')
    const device =
      format === 'iobroker'
        ? readRegisterList(text, list)
        : format === 'edgex'
          ? readEdgex(text, file)
          : readTelegraf(text)
    if (device.points.length > 0) return device
    tellLosses(file, device.losses)
    throw new ForeignFileError('there is no register in it that could be carried over')
  } catch (error) {
    const isExpected = error instanceof ForeignFileError || (error instanceof Error && 'code' in error)
    if (!isExpected) throw error
    process.stderr.write(`${error.message.startsWith(file) ? error.message : `${file}: ${error.message}`}\n`)
    return null
  }
}

interface WriteOptions {
  readonly format: Format
  readonly foreign: ForeignDevice
  readonly values: Readonly<Record<string, unknown>>
  readonly quantities: readonly string[]
  readonly units: readonly string[]
}

async function write(source: string, { format, foreign, values, quantities, units }: WriteOptions): Promise<number> {
  const folder = typeof values.profiles === 'string' ? values.profiles : undefined
  const hasOwn = folder !== undefined && ['models', 'kinds'].some((name) => existsSync(join(folder, name)))
  const catalogue = openCatalogue(hasOwn ? folder : undefined)
  const flags = Object.fromEntries(
    HEAD_KEYS.flatMap((key) => (typeof values[key] === 'string' ? [[key, values[key]]] : [])),
  )
  const given = { ...standards(source, format, foreign), ...flags, protocol: 'modbus' }
  const head = await askHead(createInterview({ given, answers: null, tell: () => {} }), catalogue)
  const kind = catalogue.kinds.get(head.kind)
  if (kind === undefined) throw new Error(`the kind ${head.kind} was chosen and is gone`)
  const made = toPoints(foreign.points, {
    kind,
    quantities: quantitiesOf(quantities, Object.keys(kind.quantities)),
    units: unitsOf(units),
  })
  const profile: WrittenProfile = { ...head, points: [...made.points] }
  const file = freeFile(head.id, folder)
  const lines = [
    `From ${basename(source)} (${format}). Give each number a range, and vectors: bytes whose meaning is known.`,
  ]
  const text = profileText(profile, { file, head: lines, pointComments: made.comments })
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { flag: 'wx' })
  tellLosses(source, [...foreign.losses, ...made.losses])
  const verdict = await tryProfileText(text, { file, catalogue })
  process.stdout.write(`wrote ${file}\n${verdictText([verdict], { isWhole: false })}`)
  return isGood(verdict) ? 0 : 1
}

function standards(
  source: string,
  format: Format,
  { vendor, model, description, answers }: ForeignDevice,
): Readonly<Record<string, string>> {
  const named = model ?? basename(source, extname(source))
  return {
    ...{ vendor: vendor ?? 'unknown', model: named, status: 'unverified', source: `${basename(source)} (${format})` },
    'name-en': description?.slice(0, 80) ?? (vendor === undefined ? named : `${vendor} ${named}`),
    ...answers,
  }
}

function quantitiesOf(texts: readonly string[], known: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [id = '', quantity = ''] = text.split('=')
      if (known.includes(quantity)) return [id, quantity]
      throw new UsageError(
        `--quantity: expected ID=NAME with one of ${known.join(', ')}, got "${text}"${suggestion(quantity, known)}`,
      )
    }),
  )
}

function unitsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [id = '', unit = ''] = text.split('=')
      const problem = unitProblem(unit)
      if (problem === null) return [id, unit]
      throw new UsageError(`--unit: expected ID=UNIT, got "${text}": ${problem}`)
    }),
  )
}

function tellLosses(file: string, losses: readonly Loss[]): void {
  const sorted = losses.toSorted((a, b) => a.line - b.line)
  for (const { line, message } of sorted) process.stderr.write(`${file}:${line}: ${message}\n`)
  if (sorted.length > 0)
    process.stderr.write(`${sorted.length} ${sorted.length === 1 ? 'thing was' : 'things were'} not carried over\n`)
}
