/** What stands behind `test` on the command line. */
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { numberOption, speedOption, UsageError } from './usage-error.ts'

export interface TestArguments {
  readonly files: readonly string[]
  /** Null: each scenario's own fastest. */
  readonly speed: number | null
  /** Null: each scenario's own. */
  readonly seed: number | null
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
      ...{ junit: { type: 'string' }, picture: { type: 'string' }, profiles: { type: 'string' } },
      quiet: { type: 'boolean' },
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
  for (const [name, path] of Object.entries({ picture, keep })) {
    if (path !== undefined && files.length > 1 && !isFolder(path)) {
      throw new UsageError(`--${name}: expected a folder for ${files.length} scenarios, got "${path}"`)
    }
  }
  const isQuiet = values.quiet === true
  const speed = values.speed === 'max' ? null : speedOption(values.speed)
  const seed = seedOption(values.seed)
  return { files, speed, seed, gateway: gateway ?? null, profiles, keep, junit, picture, isQuiet }
}

/** There, or named as one. */
export function isFolder(path: string): boolean {
  return path.endsWith('/') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
}

function seedOption(given: string | undefined): number | null {
  if (given === undefined) return null
  return numberOption(given, {
    ...{ name: 'seed', otherwise: 1, expected: 'a whole number from 0 to 4294967295' },
    fits: (value) => Number.isInteger(value) && value >= 0 && value <= 4294967295,
  })
}
