/** All device profiles and kinds, read from their YAML files and checked. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readCodecScript } from './codec-script.ts'
import { withComputed } from './computed-points.ts'
import type { Finding } from './finding.ts'
import { checkKind } from './kind-checks.ts'
import { checkProfile } from './profile-checks.ts'
import { DeviceProfile, KindProfile, type WrittenProfile } from './schema.ts'
import { compileSchema, type SchemaCheck } from './schema-check.ts'
import { withPlainVectors } from './vector-units.ts'
import { type DocumentProblem, parseYamlDocument, type YamlDocument } from './yaml-document.ts'

export type ProfileProblem = DocumentProblem

export interface Catalogue {
  /** By id; only those without a problem. */
  readonly profiles: ReadonlyMap<string, DeviceProfile>
  /** Of all models that there are, also where only some were read. */
  readonly modelIds: ReadonlySet<string>
  /** By name; where only some models were read, theirs and those of the site. */
  readonly kinds: ReadonlyMap<string, KindProfile>
  /** Everything that is wrong, file by file; empty for a sound catalogue. */
  readonly problems: readonly ProfileProblem[]
  /** What is legal but probably a slip. */
  readonly advice: readonly ProfileProblem[]
}

const checkProfileSchema = compileSchema(DeviceProfile)
const checkKindSchema = compileSchema(KindProfile)

/** A folder with `models/` and `kinds/`; of its models only those with these ids are read, where they are given. */
export interface ProfileFolder {
  readonly path: string
  readonly models?: ReadonlySet<string>
}

interface Loaded<T> {
  readonly document: YamlDocument
  readonly value: T
}

/**
 * Reads `models/*.yaml` and `kinds/*.yaml` of each directory; without an argument, the profiles that come with the product.
 * Never throws for what the files say or for a directory that cannot be read: that is a problem like any other.
 */
export function loadCatalogue(directories: readonly (string | ProfileFolder)[] = [import.meta.dirname]): Catalogue {
  const folders = directories.map((folder) => (typeof folder === 'string' ? { path: folder } : folder))
  const judgement: Judgement = { problems: [], advice: [] }
  const { problems, advice } = judgement
  const files = yamlFiles(folders, 'models', problems)
  const [wanted, notRead] = partOf(files, ({ folder, id }) => folder.models?.has(id) ?? true)
  const models = load<WrittenProfile>(wanted, { check: checkProfileSchema, problems })
  const kinds = loadKinds(folders, { models, judgement })
  const profiles = new Map<string, DeviceProfile>()
  for (const { document, value } of models) {
    const profile = judge(document, value, { kinds, profiles, notRead, judgement })
    if (profile !== null) profiles.set(value.id, profile)
  }
  return { profiles, modelIds: new Set(files.map(({ id }) => id)), kinds, problems, advice }
}

/** Of a folder of which only some models are read, the kinds of the models; all, where one of them is of no kind that there is. */
function loadKinds(
  folders: readonly ProfileFolder[],
  { models, judgement }: { readonly models: readonly Loaded<WrittenProfile>[]; readonly judgement: Judgement },
): ReadonlyMap<string, KindProfile> {
  const { problems } = judgement
  const files = yamlFiles(folders, 'kinds', problems)
  const named = new Set(models.map(({ value }) => value.kind))
  const areThere = [...named].every((kind) => files.some(({ id }) => id === kind))
  const [wanted, notRead] = partOf(files, ({ folder, id }) => !areThere || folder.models === undefined || named.has(id))
  const kinds = new Map<string, KindProfile>()
  for (const { document, value } of load<KindProfile>(wanted, { check: checkKindSchema, problems })) {
    const ids = idFindings(document, { key: 'kind', id: value.kind, taken: kinds, notRead })
    if (take(document, [...ids, ...checkKind(value)], judgement)) kinds.set(value.kind, value)
  }
  return kinds
}

/** The files that are wanted, and the ids of the others. */
function partOf(
  files: readonly FolderFile[],
  isWanted: (file: FolderFile) => boolean,
): readonly [wanted: readonly FolderFile[], notRead: ReadonlySet<string>] {
  const { true: wanted = [], false: others = [] } = Object.groupBy(files, (file) => `${isWanted(file)}` as const)
  return [wanted, new Set(others.map(({ id }) => id))]
}

/** What one file says, and what is wrong with it. */
export interface ProfileFile {
  /** Null where something is wrong with it. */
  readonly profile: DeviceProfile | null
  readonly problems: readonly ProfileProblem[]
  readonly advice: readonly ProfileProblem[]
}

/** A profile that need not stand in a catalogue, judged by the kinds of one; `profiles` are those whose ids are taken. */
export function loadProfileFile(file: string, catalogue: Pick<Catalogue, 'profiles' | 'kinds'>): ProfileFile {
  const problems: ProfileProblem[] = []
  const document = readDocument(file, problems)
  return document === null ? { profile: null, problems, advice: [] } : judgeDocument(document, catalogue)
}

/** The same of a text that is not written yet; `file` is where it will stand. */
export function judgeProfileText(
  text: string,
  { file, ...catalogue }: Pick<Catalogue, 'profiles' | 'kinds'> & { readonly file: string },
): ProfileFile {
  return judgeDocument(parseYamlDocument(text, file), catalogue)
}

function judgeDocument(document: YamlDocument, catalogue: Pick<Catalogue, 'profiles' | 'kinds'>): ProfileFile {
  const problems = [...checkProfileSchema(document)]
  if (problems.length > 0) return { profile: null, problems, advice: [] }
  const judgement: Judgement = { problems, advice: [] }
  const profile = judge(document, document.value as WrittenProfile, { ...catalogue, judgement })
  return { profile, ...judgement }
}

interface Judgement {
  readonly problems: ProfileProblem[]
  readonly advice: ProfileProblem[]
}

interface JudgeOptions extends Pick<Catalogue, 'kinds' | 'profiles'> {
  /** Ids of models that are there and were not read. */
  readonly notRead?: ReadonlySet<string>
  readonly judgement: Judgement
}

/** Null where something is wrong with it, which is then in the judgement. */
function judge(
  document: YamlDocument,
  written: WrittenProfile,
  { kinds, profiles, notRead, judgement }: JudgeOptions,
): DeviceProfile | null {
  const ids = idFindings(document, { key: 'id', id: written.id, taken: profiles, notRead })
  const { profile: plain, findings: unitFindings } = withPlainVectors(written)
  const { codec, findings } = readCodecScript(plain, document.file)
  const { profile, findings: computedFindings } = withComputed(plain, kinds.get(plain.kind))
  const made = [...ids, ...findings, ...unitFindings, ...computedFindings]
  const all = [...made, ...checkProfile(profile, kinds)]
  if (!take(document, all, judgement)) return null
  return codec === undefined ? profile : { ...profile, codec }
}

/** Whether nothing of it is more than advice. */
function take(document: YamlDocument, findings: Iterable<Finding>, { problems, advice }: Judgement): boolean {
  const all = [...findings].map(({ path, message, isAdvice }) => ({
    isAdvice,
    problem: document.problem(path, message),
  }))
  all.sort((a, b) => a.problem.line - b.problem.line || a.problem.column - b.problem.column)
  for (const { isAdvice, problem } of all) (isAdvice === true ? advice : problems).push(problem)
  return all.every(({ isAdvice }) => isAdvice === true)
}

function load<T>(
  files: readonly FolderFile[],
  { check, problems }: { readonly check: SchemaCheck; readonly problems: ProfileProblem[] },
): readonly Loaded<T>[] {
  const loaded: Loaded<T>[] = []
  for (const { file } of files) {
    const document = readDocument(file, problems)
    if (document === null) continue
    const found = check(document)
    problems.push(...found)
    if (found.length === 0) loaded.push({ document, value: document.value as T })
  }
  return loaded
}

interface FolderFile {
  readonly file: string
  /** A profile has the name of its file, which is checked. */
  readonly id: string
  readonly folder: ProfileFolder
}

function yamlFiles(
  folders: readonly ProfileFolder[],
  within: 'kinds' | 'models',
  problems: ProfileProblem[],
): readonly FolderFile[] {
  return folders.flatMap((folder) => {
    const path = join(folder.path, within)
    try {
      const names = readdirSync(path).sort()
      for (const name of names) if (name.endsWith('.yml')) problems.push(otherEnding(join(path, name)))
      return names
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => ({ file: join(path, name), id: basename(name, '.yaml'), folder }))
    } catch (error) {
      // A directory of a site's own models need not bring kinds, and the other way round.
      if (!isMissing(error)) problems.push(unreadable(path, error))
      return []
    }
  })
}

/** Passed over in silence, its model would be missing for no visible reason. */
function otherEnding(file: string): ProfileProblem {
  const message = `expected a name that ends in .yaml, got "${basename(file)}"; rename it`
  return { file, line: 0, column: 0, path: '', message }
}

function readDocument(file: string, problems: ProfileProblem[]): YamlDocument | null {
  try {
    return parseYamlDocument(readFileSync(file, 'utf8'), file)
  } catch (error) {
    problems.push(unreadable(file, error))
    return null
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function unreadable(file: string, error: unknown): ProfileProblem {
  const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`
  return { file, line: 0, column: 0, path: '', message }
}

function idFindings(
  document: YamlDocument,
  {
    key,
    id,
    taken,
    notRead,
  }: {
    readonly key: string
    readonly id: string
    readonly taken: ReadonlyMap<string, unknown>
    readonly notRead?: ReadonlySet<string> | undefined
  },
): readonly Finding[] {
  const findings: Finding[] = []
  const name = basename(document.file, '.yaml')
  if (name !== id) findings.push({ path: [key], message: `expected "${name}", the name of the file, got "${id}"` })
  if (taken.has(id) || notRead?.has(id) === true)
    findings.push({ path: [key], message: `"${id}" is defined in another file already` })
  return findings
}
