/** A whole new profile, asked for question by question and judged point by point. */
import { type Catalogue, judgeProfileText } from '../../../../device-profiles/catalogue.ts'
import type { KindProfile, PointProfile, Vector, WrittenProfile } from '../../../../device-profiles/schema.ts'
import { pathText } from '../../../../device-profiles/yaml-document.ts'
import { UsageError } from '../../usage-error.ts'
import { profileText } from '../profile-text.ts'
import { askHead, type ProfileHead } from './head-questions.ts'
import { createPairInterview, type Interview } from './interview.ts'
import { askPoint } from './point-questions.ts'
import { optional, readChoice } from './readers.ts'
import { askVector } from './vector-questions.ts'

export interface NewProfileOptions {
  readonly catalogue: Catalogue
  /** Asks about points and vectors: flags of the model are not theirs. */
  readonly more: Interview
  /** Values of `--point` and `--vector`; where there are some, nobody is asked for more. */
  readonly points: readonly string[]
  readonly vectors: readonly string[]
  /** Where it will stand. Throws a UsageError where something stands there already. */
  readonly fileOf: (id: string) => string
}

export interface NewProfile {
  readonly file: string
  readonly text: string
}

/** Writes nothing. Throws a UsageError, or Interrupted on Ctrl+C. */
export async function newProfile(interview: Interview, options: NewProfileOptions): Promise<NewProfile> {
  const { catalogue } = options
  const head = await askHead(interview, catalogue)
  const file = options.fileOf(head.id)
  const kind = catalogue.kinds.get(head.kind)
  if (kind === undefined) throw new Error(`the kind ${head.kind} was chosen and is gone`)
  const asked = await askPoints(options.more, { catalogue, given: options.points, head, kind, file })
  const { points, vectors } = await askVectors(options.more, { head, points: asked, given: options.vectors })
  const computed = await askComputed(interview, { head, points, kind, catalogue, file })
  const profile: WrittenProfile = {
    ...head,
    points: [...points],
    ...(computed.length > 0 && { computed: [...computed] }),
    ...(vectors.length > 0 && { vectors: [...vectors] }),
  }
  return { file, text: profileText(profile, { file, head: headLines(profile, kind) }) }
}

function headLines(
  { vendor, model, points, computed: ids = [] }: WrittenProfile,
  { kind, rules, computed = [] }: KindProfile,
): readonly string[] {
  const all = [...points, ...computed.filter(({ id }) => ids.includes(id))]
  const measured = new Set(all.map(({ quantity }) => quantity))
  const applied = rules.filter((rule) => !('quantity' in rule) || measured.has(rule.quantity)).map(({ id }) => id)
  return [
    `${vendor} ${model}.`,
    `The kind ${kind} brings the rules ${applied.join(', ')}.`,
    'Change one under "overrides", as overrides: { RULE: { enabled: false } }; add your own under "rules" (device-profiles/README.md).',
  ]
}

interface PointsContext {
  readonly catalogue: Catalogue
  readonly head: ProfileHead
  readonly kind: KindProfile
  readonly file: string
}

async function askPoints(
  interview: Interview,
  context: PointsContext & { readonly given: readonly string[] },
): Promise<readonly PointProfile[]> {
  const points: PointProfile[] = []
  for (const text of context.given) {
    const { interview: pairs, finish } = createPairInterview(text, '--point', interview.tell)
    const point = await askPoint(pairs, { ...context, points })
    if (point === null) throw new UsageError(`--point "${text}": missing id=…`)
    finish()
    if (await isTaken(pairs, { ...context, points, point })) points.push(point)
  }
  while (context.given.length === 0) {
    const point = await askPoint(interview, { ...context, points })
    if (point === null) break
    if (await isTaken(interview, { ...context, points, point })) points.push(point)
  }
  return points
}

/** What is wrong with a point is told at once, while the page of the manual is still open. */
async function isTaken(
  interview: Interview,
  {
    head,
    points,
    point,
    catalogue,
    file,
  }: PointsContext & { readonly points: readonly PointProfile[]; readonly point: PointProfile },
): Promise<boolean> {
  const before = points.length === 0 ? [] : problemsOf({ ...head, points: [...points] }, { catalogue, file }).problems
  const { problems, advice } = problemsOf({ ...head, points: [...points, point] }, { catalogue, file })
  const fresh = problems.filter((problem) => !before.includes(problem))
  for (const text of advice.filter((line) => line.startsWith(pathText(['points', points.length])))) {
    interview.tell(`to look at: ${text}`)
  }
  if (fresh.length === 0) return true
  if (!interview.canAskAgain) throw new UsageError(`point "${point.id}": ${fresh.join('; ')}`)
  for (const text of fresh) interview.tell(`wrong: ${text}`)
  const text = `Take "${point.id}" nevertheless`
  const taken = await interview.ask({ key: 'take', text, standard: 'no', read: readChoice(['yes', 'no']) })
  return taken === 'yes'
}

function problemsOf(
  profile: WrittenProfile,
  { catalogue, file }: { readonly catalogue: Catalogue; readonly file: string },
) {
  const text = profileText(profile, { file, head: [] })
  const { problems, advice } = judgeProfileText(text, { file, ...catalogue })
  const texts = ({ path, message }: (typeof problems)[number]) => (path === '' ? message : `${path}: ${message}`)
  return { problems: problems.map(texts), advice: advice.map(texts) }
}

async function askVectors(
  interview: Interview,
  {
    head,
    points,
    given,
  }: { readonly head: ProfileHead; readonly points: readonly PointProfile[]; readonly given: readonly string[] },
): Promise<{ readonly points: readonly PointProfile[]; readonly vectors: readonly Vector[] }> {
  let known = points
  const vectors: Vector[] = []
  const more = async (from: Interview): Promise<boolean> => {
    const asked = await askVector(from, { head, points: known, isFirst: vectors.length === 0 })
    if (asked === null) return false
    known = asked.points
    vectors.push(asked.vector)
    return true
  }
  for (const text of given) {
    const { interview: pairs, finish } = createPairInterview(text, '--vector', interview.tell)
    await more(pairs)
    finish()
  }
  while (given.length === 0 && (await more(interview)));
  return { points: known, vectors }
}

interface ComputedContext {
  readonly head: ProfileHead
  readonly points: readonly PointProfile[]
  readonly kind: KindProfile
  readonly catalogue: Catalogue
  readonly file: string
}

/** Of the kind's computed points those whose inputs this model measures. */
async function askComputed(interview: Interview, context: ComputedContext): Promise<readonly string[]> {
  const { head, points, kind, catalogue, file } = context
  const possible: string[] = []
  const without = problemsOf({ ...head, points: [...points] }, { catalogue, file }).problems
  for (const { id } of kind.computed ?? []) {
    const profile = { ...head, points: [...points], computed: [...possible, id] }
    const { problems } = problemsOf(profile, { catalogue, file })
    if (problems.every((problem) => without.includes(problem))) possible.push(id)
  }
  if (possible.length === 0) return []
  const text = `Let the gateway compute ${possible.join(', ')} (yes, no)`
  const read = optional(readChoice(['yes', 'no']))
  return (await interview.ask({ key: 'computed', text, standard: 'yes', read })) === 'yes' ? possible : []
}
