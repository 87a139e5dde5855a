/** Writes `CATALOGUE.md`, the page of all kinds and models, from their files. Run: npx node device-profiles/catalogue-page.ts */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Catalogue, loadCatalogue } from './catalogue.ts'
import { modelSection } from './catalogue-model.ts'
import { cell, table } from './markdown.ts'
import type { RuleProfile } from './rule-schema.ts'
import type { DeviceProfile, KindProfile } from './schema.ts'

const STATUSES: Readonly<Record<DeviceProfile['status'], string>> = {
  verified: '已用实际报文验证 · every point is covered by a message or reply from a real source',
  'from-manual': '按公开资料编写 · written from the text of the maker or of the bridge, with vectors made from it',
  unverified: '未经资料核实 · from hearsay; the caveats say what to try before use',
  reference: '由 Outpost 定义 · defined by Outpost itself',
}

export function cataloguePage({ profiles, kinds }: Pick<Catalogue, 'profiles' | 'kinds'>): string {
  const models = [...profiles.values()].sort(byId)
  const sections = [...kinds.values()]
    .sort((a, b) => (a.kind < b.kind ? -1 : 1))
    .map((kind) =>
      kindSection(
        kind,
        models.filter((model) => model.kind === kind.kind),
      ),
    )
  return `${[head(models), ...sections].join('\n\n')}\n`
}

function head(models: readonly DeviceProfile[]): string {
  const real = models.filter(({ status }) => status !== 'reference')
  const rows = Object.entries(STATUSES).map(([status, meaning]) => [
    `\`${status}\``,
    String(models.filter((model) => model.status === status).length),
    meaning,
  ])
  return [
    '# 设备型号目录 · Device models',
    '<!-- Made by `npx node device-profiles/catalogue-page.ts` from the files of kinds/ and models/. Do not edit. -->',
    `${models.length} models, ${real.length} of them of real makers. How one is added: [README.md](README.md).`,
    table(['status', 'models', 'meaning'], rows),
  ].join('\n\n')
}

function kindSection(kind: KindProfile, models: readonly DeviceProfile[]): string {
  const overview = models.map(({ id, name, protocol, status }) => [
    `[${id}](#${id})`,
    `${cell(name.zh)}<br>${cell(name.en)}`,
    protocol,
    status,
  ])
  return [
    `## ${kind.name.zh} · ${kind.name.en} (\`${kind.kind}\`)`,
    table(['model', 'name', 'protocol', 'status'], overview),
    'Rules that every model of the kind gets, where it has the quantity:',
    table(['rule', 'name', 'class', 'when', 'priority'], kind.rules.map(ruleRow)),
    ...models.map((model) => modelSection(model, kind)),
  ].join('\n\n')
}

function ruleRow(rule: RuleProfile): readonly string[] {
  const { id, name } = rule
  const shown = [`\`${id}\``, `${cell(name.zh)}<br>${cell(name.en)}`]
  if (rule.type === 'no-data' || rule.type === 'bad-quality') return [...shown, 'fault', WHEN[rule.type], rule.priority]
  const about = `\`${rule.quantity ?? rule.point ?? ''}\``
  const kind = rule.class ?? 'alarm'
  if (rule.type === 'discrete') return [...shown, kind, `${about} is ${rule.abnormal.join(', ')}`, rule.priority]
  const trend =
    rule.trend === undefined ? '' : ` (${rule.trend.type}${'window' in rule.trend ? ` of ${rule.trend.window}` : ''})`
  const levels = rule.levels.map((level) => `${level.level}: ${boundOf(level)}`).join('<br>')
  return [...shown, kind, `${about}${trend}<br>${levels}`, rule.levels.map(({ priority }) => priority).join('<br>')]
}

const WHEN = { 'no-data': 'silent for some intervals', 'bad-quality': 'what it says cannot be believed' } as const

type Level = Extract<RuleProfile, { type: 'limit' }>['levels'][number]

function boundOf({ above, below, unit }: Level): string {
  const bound = above ?? below
  const shown = typeof bound === 'number' ? String(bound) : bound === undefined ? '' : 'from elsewhere'
  return `${above === undefined ? 'below' : 'above'} ${shown}${unit === undefined ? '' : ` ${unit}`}`
}

function byId(a: DeviceProfile, b: DeviceProfile): number {
  return a.id < b.id ? -1 : 1
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'CATALOGUE.md'), cataloguePage(loadCatalogue()))
