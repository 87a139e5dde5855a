/** `outpost profiles test`: what is wrong with profiles, what their vectors give, and what they lack. */
import { resolve, sep } from 'node:path'
import {
  type Catalogue,
  judgeProfileText,
  loadCatalogue,
  loadProfileFile,
  type ProfileProblem,
} from '../../../device-profiles/catalogue.ts'
import { type CommandVectorVerdict, checkCommandVectors } from '../../../device-profiles/command-vector-check.ts'
import { incompleteness } from '../../../device-profiles/completeness.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'
import { checkVectors, type VectorVerdict } from '../../../device-profiles/vector-check.ts'
import { findProfile, OWN_PROFILES, openCatalogue, requireFolder, siteOf } from './profile-folder.ts'
import { readWithCodec } from './script-reading.ts'

export interface ProfileVerdict {
  /** Its id, or the file where it could not be read. */
  readonly profile: string
  readonly problems: readonly ProfileProblem[]
  /** Legal, but probably a slip. */
  readonly advice: readonly ProfileProblem[]
  readonly vectors: readonly VectorVerdict[]
  readonly commandVectors: readonly CommandVectorVerdict[]
  /** What it lacks to be relied on. */
  readonly lacks: readonly string[]
}

export function isGood({ problems, vectors, commandVectors }: ProfileVerdict): boolean {
  return problems.length === 0 && [...vectors, ...commandVectors].every(({ differences }) => differences.length === 0)
}

/** `target`: an id, a file, or nothing for the whole catalogue. Throws a UsageError where there is no such profile. */
export async function tryProfiles(
  target: string | undefined,
  folder: string | undefined,
): Promise<readonly ProfileVerdict[]> {
  if (target !== undefined && isFile(target)) return [await tryFile(target, folder)]
  const catalogue = openCatalogue(folder)
  if (target !== undefined)
    return [await verdictOf(findProfile(catalogue, target), catalogue, byFile(catalogue, target))]
  const verdicts: ProfileVerdict[] = []
  for (const profile of catalogue.profiles.values()) {
    verdicts.push(await verdictOf(profile, catalogue, byFile(catalogue, profile.id)))
  }
  const broken = Map.groupBy(catalogue.problems, ({ file }) => file)
  for (const [file, problems] of broken) verdicts.push({ ...NOTHING, profile: file, problems })
  return verdicts
}

const NOTHING = { problems: [], advice: [], vectors: [], commandVectors: [], lacks: [] }

function isFile(target: string): boolean {
  return /\.ya?ml$/i.test(target) || target.includes('/') || target.includes(sep)
}

/** The kinds are those of Outpost, of the folder, and of the site that the file stands in. */
async function tryFile(file: string, folder: string | undefined): Promise<ProfileVerdict> {
  if (folder !== undefined) requireFolder(folder)
  const own = loadCatalogue()
  const sites = [...new Set([folder, siteOf(file)].flatMap((site) => (site === undefined ? [] : [resolve(site)])))]
  const isOwn = siteOf(file) === resolve(OWN_PROFILES)
  const { kinds, problems: all } = loadCatalogue([
    OWN_PROFILES,
    ...sites.filter((site) => site !== resolve(OWN_PROFILES)),
  ])
  const kindProblems = all.filter((problem) => problem.file.includes(`${sep}kinds${sep}`))
  const { profile, problems, advice } = loadProfileFile(file, { kinds, profiles: isOwn ? new Map() : own.profiles })
  if (profile === null) return { ...NOTHING, profile: file, problems: [...kindProblems, ...problems], advice }
  const verdict = await verdictOf(profile, { kinds }, { advice })
  return { ...verdict, problems: kindProblems }
}

/** A text that nobody has read as a file yet; `file` is where it stands. */
export async function tryProfileText(
  text: string,
  { file, catalogue }: { readonly file: string; readonly catalogue: Catalogue },
): Promise<ProfileVerdict> {
  const { profile, problems, advice } = judgeProfileText(text, { file, ...catalogue })
  if (profile === null) return { ...NOTHING, profile: file, problems, advice }
  return await verdictOf(profile, catalogue, { advice })
}

function byFile({ advice }: Catalogue, id: string): Pick<ProfileVerdict, 'advice'> {
  return { advice: advice.filter(({ file }) => file.endsWith(`${sep}${id}.yaml`)) }
}

async function verdictOf(
  profile: DeviceProfile,
  { kinds }: Pick<Catalogue, 'kinds'>,
  { advice }: Pick<ProfileVerdict, 'advice'>,
): Promise<ProfileVerdict> {
  return {
    profile: profile.id,
    problems: [],
    advice,
    vectors: await checkVectors(profile, readWithCodec),
    commandVectors: checkCommandVectors(profile),
    // What the gateway says of itself stands on no wire.
    lacks: profile.protocol === 'self' ? [] : incompleteness(profile, kinds.get(profile.kind)),
  }
}
