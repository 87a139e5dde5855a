/** A profile as a file that people go on with: comments at what they will change, one line for what belongs together. */
import { dirname, join, relative } from 'node:path'
import { Document, isMap, isScalar, type Pair, type YAMLMap } from 'yaml'
import type { WrittenProfile } from '../../../device-profiles/schema.ts'
import { OWN_PROFILES } from './profile-folder.ts'

export interface ProfileTextOptions {
  /** Where it will stand: editors find the schema from there. */
  readonly file: string
  /** Lines above the profile. */
  readonly head: readonly string[]
  /** Lines above a point, by its id. */
  readonly pointComments?: ReadonlyMap<string, readonly string[]>
}

const COMMENTS: Readonly<Partial<Record<keyof WrittenProfile, readonly string[]>>> = {
  status: [
    'verified: vectors of a real source cover every point; from-manual: as its maker writes; unverified: try it before use',
  ],
  sources: ['where every fact comes from'],
  caveats: ['what whoever installs it must know, in both languages'],
  modbus: ['how often it is read; mustNotRead: [{ table, address, count }] for registers that no request may touch'],
  mqtt: ['{address} in a topic is the own part of each unit; interval is how often it speaks when all is well'],
  points: [
    'range: what the sensor can measure, in the unit; a value outside is not believed.',
    'quantity: a word of the kind, which brings its rules. value = raw × scale + offset; sentinels: raw codes for "no measurement".',
  ],
  computed: ['what the gateway computes from other points, as the kind describes it'],
  vectors: ['bytes whose meaning is known; "outpost profiles test FILE" decodes and encodes them'],
}

export function profileText(profile: WrittenProfile, { file, head, pointComments }: ProfileTextOptions): string {
  const document = new Document(profile)
  const top = document.contents as unknown as YAMLMap
  for (const pair of top.items) {
    const key = keyOf(pair)
    comment(pair, COMMENTS[key as keyof WrittenProfile] ?? [])
    if (key === 'name') flow(pair.value)
  }
  for (const [i, { id }] of profile.points.entries()) pointLook(document, { i, lines: pointComments?.get(id) ?? [] })
  for (const path of ['modbus', 'mqtt']) flowInside(document.get(path))
  for (const section of ['sources', 'caveats', 'vectors'] as const) {
    for (const i of (profile[section] ?? []).keys()) {
      if (section === 'vectors') flowInside(document.getIn([section, i]))
      else flow(document.getIn([section, i]))
    }
  }
  flow(document.get('computed'))
  const schema = relative(dirname(file), join(OWN_PROFILES, 'profile.schema.json')).replaceAll('\\', '/')
  const lines = [`# yaml-language-server: $schema=${schema}`, ...head.map((line) => `# ${line}`.trimEnd())]
  return `${lines.join('\n')}\n${document.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: true })}`
}

function pointLook(document: Document, { i, lines }: { readonly i: number; readonly lines: readonly string[] }): void {
  const point = document.getIn(['points', i])
  if (isMap(point) && lines.length > 0) point.commentBefore = lines.map((line) => ` ${line}`).join('\n')
  flowInside(point)
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
}

function comment(pair: Pair, lines: readonly string[]): void {
  if (isScalar(pair.key) && lines.length > 0) pair.key.commentBefore = lines.map((line) => ` ${line}`).join('\n')
}

/** Maps and lists in one line. */
function flow(node: unknown): void {
  if (typeof node === 'object' && node !== null) Object.assign(node, { flow: true })
}

function flowInside(node: unknown): void {
  if (isMap(node)) for (const { value } of node.items) flow(value)
}
