/** `outpost profiles new`: a profile from answers; nothing is written before the last of them, and nothing is overwritten. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../usage-error.ts'
import { type AnswerStreams, type Answers, Interrupted, openAnswers } from './new/answers.ts'
import { HEAD_KEYS } from './new/head-questions.ts'
import { createInterview, type Given } from './new/interview.ts'
import { newProfile } from './new/new-profile.ts'
import { openCatalogue } from './profile-folder.ts'
import { isGood, tryProfileText } from './try-profiles.ts'
import { verdictText } from './verdict-text.ts'

export const NEW_HELP = `outpost profiles new: a profile for one more model, by questions

  outpost profiles new [--profiles FOLDER]     writes FOLDER/models/ID.yaml, without a folder ./ID.yaml
  outpost profiles new … < ANSWERS             takes one answer from each line; an empty line takes what is usual

Any answer can be given as a flag, and then nobody is asked:
  ${HEAD_KEYS.slice(0, 10).map(flagOf).join(' ')}
  ${HEAD_KEYS.slice(10).map(flagOf).join(' ')}
  --point "id=level address=4 wire=int16 scale=0.001 range=0..5"      for each point; also quantity, name-en, name-zh, unit,
                        type, states, decimals, table, byte-order, offset, sentinels, bit, length, pointer, words, at, true-when
  --vector "bytes=0099 at=4 level=0.153"       for each: bytes of registers or a whole reply, and the value of each point;
                                               text=… or hex=… for messages; also table and note
  --computed no         without the computed points of the kind
  --yes                 what is usual for everything that is not given

Ctrl+C ends it, and writes nothing. A file that is there already is never overwritten.
Exit codes: 0 written and good, 1 written and not good yet, 2 an answer or the command line is wrong, 130 Ctrl+C.
`

function flagOf(key: string): string {
  return `--${key}`
}

const TEXT = { type: 'string' } as const
const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  yes: { type: 'boolean', default: false },
  profiles: TEXT,
  computed: TEXT,
  point: { type: 'string', multiple: true, default: [] as string[] },
  vector: { type: 'string', multiple: true, default: [] as string[] },
} as const

/** Gives the exit code. Throws a UsageError where an answer is wrong that nobody can correct. */
export async function newCommand(args: readonly string[], streams: AnswerStreams = standardStreams()): Promise<number> {
  const heads = Object.fromEntries(HEAD_KEYS.map((key) => [key, TEXT]))
  const { values } = parseArgs({ args: [...args], options: { ...heads, ...OPTIONS } })
  if (values.help) {
    process.stdout.write(NEW_HELP)
    return 0
  }
  const answers = values.yes ? null : openAnswers(streams)
  try {
    return await write({ ...values, given: givenOf(values), answers })
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    process.stderr.write('\noutpost profiles: interrupted, nothing was written\n')
    return 130
  } finally {
    answers?.close()
  }
}

function standardStreams(): AnswerStreams {
  return { input: process.stdin, output: process.stderr, isTerminal: process.stdin.isTTY === true }
}

function givenOf(values: Readonly<Record<string, unknown>>): Given {
  const keys = [...HEAD_KEYS, 'computed']
  return Object.fromEntries(keys.flatMap((key) => (typeof values[key] === 'string' ? [[key, values[key]]] : [])))
}

interface Plan {
  readonly given: Given
  readonly answers: Answers | null
  readonly profiles?: string | undefined
  readonly point: readonly string[]
  readonly vector: readonly string[]
}

async function write({ given, answers, profiles, point, vector }: Plan): Promise<number> {
  const sources = { answers, tell: (text: string) => process.stderr.write(`${text}\n`) }
  const hasOwn = profiles !== undefined && ['models', 'kinds'].some((name) => existsSync(join(profiles, name)))
  const catalogue = openCatalogue(hasOwn ? profiles : undefined)
  const { file, text } = await newProfile(createInterview({ ...sources, given }), {
    catalogue,
    more: createInterview({ ...sources, given: {} }),
    ...{ points: point, vectors: vector },
    fileOf: (id) => freeFile(id, profiles),
  })
  const left = answers === null || answers.isTerminal ? [] : (await answers.left()).filter((line) => line.trim() !== '')
  if (left.length > 0)
    throw new UsageError(`${left.length} answers are left over, the first is "${left[0]}"; nothing was written`)
  mkdirSync(dirname(file), { recursive: true })
  // Fails where somebody wrote it in the meantime.
  writeFileSync(file, text, { flag: 'wx' })
  const verdict = await tryProfileText(text, { file, catalogue })
  process.stdout.write(`wrote ${file}\n${verdictText([verdict], { isWhole: false })}`)
  return isGood(verdict) ? 0 : 1
}

export function freeFile(id: string, folder: string | undefined): string {
  const file = folder === undefined ? resolve(`${id}.yaml`) : resolve(folder, 'models', `${id}.yaml`)
  if (!existsSync(file)) return file
  throw new UsageError(`${file} exists, and nothing is overwritten; choose another --id or remove it`)
}
