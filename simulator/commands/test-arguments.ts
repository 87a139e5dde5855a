/** What stands behind `test` on the command line. */
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { numberOption, speedOption, UsageError } from './usage-error.ts'

const MOST_SEEDS = 1000
/** Each is a process with a gateway. */
const MOST_PARALLEL = 64

export interface TestArguments {
  readonly files: readonly string[]
  /** Null: each scenario's own fastest. */
  readonly speed: number | null
  /** Each file is told with each of them; null: the scenario's own. */
  readonly seeds: readonly (number | null)[]
  /** So many side by side. */
  readonly parallel: number
  /** Null: one is started for each scenario. */
  readonly gateway: string | null
  /** A folder with models of one's own. */
  readonly profiles: string | undefined
  readonly keep: string | undefined
  readonly junit: string | undefined
  readonly picture: string | undefined
  readonly isQuiet: boolean
}

/** Throws a UsageError. */
export function readTestArguments(args: readonly string[]): TestArguments {
  const { values, positionals: files } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ gateway: { type: 'string' }, keep: { type: 'string' }, speed: { type: 'string' }, seed: { type: 'string' } },
      ...{ seeds: { type: 'string' }, parallel: { type: 'string' }, profiles: { type: 'string' } },
      ...{ junit: { type: 'string' }, picture: { type: 'string' }, quiet: { type: 'boolean' } },
    },
  })
  if (files.length === 0) throw new UsageError('"test" needs the paths of scenario files')
  const { gateway, keep, picture, junit, profiles } = values
  if (gateway !== undefined && !/^https?:\/\/[^\s/?#@]+\/?$/.test(gateway)) {
    throw new UsageError(`--gateway: expected http://host:port, got "${gateway}"`)
  }
  if (keep !== undefined && gateway !== undefined) {
    throw new UsageError('--keep is for a gateway that is started here; it cannot stand beside --gateway')
  }
  const seeds = seedsOption(values)
  const stories = files.length * seeds.length
  for (const [name, path] of Object.entries({ picture, keep })) {
    if (path !== undefined && stories > 1 && !isFolder(path)) {
      throw new UsageError(`--${name}: expected a folder for ${stories} scenarios, got "${path}"`)
    }
  }
  const parallel = countOption('parallel', { given: values.parallel, most: MOST_PARALLEL })
  if (parallel > 1 && gateway !== undefined) {
    throw new UsageError('--parallel is for gateways that are started here; one gateway can hear one story at a time')
  }
  // Several stories at once are not to be read.
  const isQuiet = values.quiet === true || parallel > 1
  const speed = values.speed === 'max' ? null : speedOption(values.speed)
  return { files, speed, seeds, parallel, gateway: gateway ?? null, profiles, keep, junit, picture, isQuiet }
}

/** There, or named as one. */
export function isFolder(path: string): boolean {
  return path.endsWith('/') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
}

function seedsOption({
  seed,
  seeds,
}: {
  readonly seed?: string | undefined
  readonly seeds?: string | undefined
}): readonly (number | null)[] {
  if (seed !== undefined && seeds !== undefined) throw new UsageError('give --seed or --seeds, not both')
  if (seeds === undefined) return [seed === undefined ? null : seedOption(seed)]
  return Array.from({ length: countOption('seeds', { given: seeds, most: MOST_SEEDS }) }, (_, i) => i + 1)
}

function countOption(
  name: string,
  { given, most }: { readonly given: string | undefined; readonly most: number },
): number {
  return numberOption(given, {
    ...{ name, otherwise: 1, expected: `a whole number from 1 to ${most}` },
    fits: (value) => Number.isInteger(value) && value >= 1 && value <= most,
  })
}

function seedOption(given: string): number {
  return numberOption(given, {
    ...{ name: 'seed', otherwise: 1, expected: 'a whole number from 0 to 4294967295' },
    fits: (value) => Number.isInteger(value) && value >= 0 && value <= 4294967295,
  })
}
