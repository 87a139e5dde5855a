/** The catalogue that a command works on: the profiles that come with Outpost, and those of a site. */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Catalogue, loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'
import { suggestion } from '../../../device-profiles/suggestion.ts'
import { UsageError } from '../usage-error.ts'

export const OWN_PROFILES = fileURLToPath(new URL('../../../device-profiles', import.meta.url))

/** Throws a UsageError where the folder is none. */
export function openCatalogue(folder: string | undefined): Catalogue {
  if (folder !== undefined) requireFolder(folder)
  return loadCatalogue([OWN_PROFILES, ...(folder === undefined ? [] : [folder])])
}

export function requireFolder(folder: string): void {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new UsageError(`--profiles: expected a folder with models/*.yaml, got "${folder}", which is none`)
  }
  if (!['models', 'kinds'].some((name) => existsSync(join(folder, name)))) {
    throw new UsageError(
      `--profiles: expected a folder with models/ or kinds/ in it, got "${folder}", which has neither`,
    )
  }
}

/** The folder of a site that a file stands in as models/<id>.yaml, if it does. */
export function siteOf(file: string): string | undefined {
  const models = dirname(resolve(file))
  return basename(models) === 'models' ? dirname(models) : undefined
}

/** Throws a UsageError with what was perhaps meant. */
export function findProfile({ profiles, problems }: Catalogue, id: string): DeviceProfile {
  const found = profiles.get(id)
  if (found !== undefined) return found
  const broken = problems.some(({ file }) => basename(file) === `${id}.yaml`)
  const why = broken ? '; its file has problems, "outpost profiles test" tells them' : suggestion(id, profiles.keys())
  throw new UsageError(`there is no device profile "${id}"${why || '; "outpost profiles search" finds them by words'}`)
}
