/** `outpost profiles show`: a model as a person reads it before it is bought, wired or believed. */
import type { LocalText, Scalar } from '../../../device-profiles/base-schema.ts'
import type { DeviceProfile, KindProfile, PointProfile } from '../../../device-profiles/schema.ts'
import { textTable } from '../text-table.ts'
import { type Language, listed, STATUSES, WORDS } from './language.ts'
import { ruleRows } from './rule-rows.ts'

type Say = (text: LocalText) => string

export function showProfile(
  profile: DeviceProfile,
  { kind, language }: { readonly kind: KindProfile | undefined; readonly language: Language },
): string {
  const say: Say = (text) => text[language]
  const sections = [
    headOf(profile, { kind, say }),
    section(say(WORDS.points), textTable(pointRows(profile, say), '  ')),
    section(say(WORDS.parameters), parametersText(profile, say)),
    section(say(WORDS.rules), kind === undefined ? '' : textTable(ruleRows(profile, { kind, language }), '  ')),
    section(say(WORDS.commands), (profile.commands ?? []).map(({ id, name }) => `  ${id}: ${say(name)}`).join('\n')),
    section(say(WORDS.caveats), (profile.caveats ?? []).map((caveat) => `  - ${say(caveat)}`).join('\n')),
    section(say(WORDS.sources), sourcesText(profile)),
    section(say(WORDS.vectors), vectorsText(profile)),
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

function section(title: string, text: string): string {
  return text === '' ? '' : `${title}\n${text}`
}

function headOf(profile: DeviceProfile, { kind, say }: { readonly kind: KindProfile | undefined; readonly say: Say }) {
  const { id, name, vendor, model, status } = profile
  const status2 = STATUSES[status]
  const facts = [
    [say(WORDS.maker), `${vendor}, ${model}`],
    [say(WORDS.kind), kind === undefined ? profile.kind : `${profile.kind} (${say(kind.name)})`],
    [say(WORDS.protocol), protocolText(profile)],
    [say(WORDS.status), status2 === undefined ? status : `${status} (${say(status2)})`],
  ]
  return `${id}: ${say(name)}\n${textTable(facts, '  ')}`
}

function protocolText({ protocol, modbus, mqtt }: DeviceProfile): string {
  if (modbus !== undefined) {
    const { serial, pollInterval } = modbus
    const parity = { none: 'N', even: 'E', odd: 'O' }
    const line = serial === undefined ? '' : `, ${serial.baudRate} 8${parity[serial.parity]}${serial.stopBits}`
    const unit = serial?.unitId === undefined ? '' : `, unit ${serial.unitId}`
    return `modbus, ${pollInterval}${line}${unit}`
  }
  if (mqtt === undefined) return protocol
  return `mqtt, ${mqtt.topic ?? mqtt.through ?? ''}, ${mqtt.payload.format}, ${mqtt.interval}`
}

function pointRows({ points }: DeviceProfile, say: Say): readonly (readonly string[])[] {
  const headings = (['point', 'name', 'quantity', 'unit', 'range', 'where'] as const).map((word) => say(WORDS[word]))
  const rows = points.map((point) => [
    point.id,
    say(point.name) + statesText(point, say),
    point.quantity ?? '-',
    point.unit === '1' ? '-' : point.unit,
    point.range === undefined ? '-' : `${point.range[0]} … ${point.range[1]}`,
    placeText(point, say),
  ])
  return [headings, ...rows]
}

function statesText({ states }: PointProfile, say: Say): string {
  if (states === undefined) return ''
  return ` (${Object.entries(states)
    .map(([code, name]) => `${code} ${say(name)}`)
    .join(', ')})`
}

function placeText(point: PointProfile, say: Say): string {
  const { modbus, json, binary, metric, link, derive, compute } = point
  if (modbus !== undefined) {
    const { table, address, type, byteOrder, bit, bits } = modbus
    const part = bit === undefined ? '' : ` ${bit}`
    const cut = bits === undefined ? '' : ` bits ${bits.from}-${bits.from + bits.count - 1}`
    return `${table} ${address}, ${type}${part}${cut}${byteOrder === undefined ? '' : ` ${byteOrder}`}${lineText(modbus)}`
  }
  if (json !== undefined) return `${json.pointer || '/'}${lineText(json)}`
  if (metric !== undefined) return `${metric.name}${lineText(metric)}`
  if (binary !== undefined) {
    const within =
      binary.record !== undefined
        ? `record ${binary.record} `
        : binary.group !== undefined
          ? `group ${binary.group} `
          : ''
    return `${within}byte ${binary.at}, ${binary.type}${lineText(binary)}`
  }
  if (derive !== undefined) return `${say(WORDS.derived)} ${derive.distance}`
  if (compute !== undefined) return `${say(WORDS.computed)}: ${compute.type}`
  return link ?? '-'
}

function lineText({ scale, offset }: { readonly scale?: Scalar; readonly offset?: Scalar }): string {
  const times = scale === undefined || scale === 1 ? '' : ` × ${scalarText(scale)}`
  const plus = offset === undefined || offset === 0 ? '' : ` + ${scalarText(offset)}`
  return `${times}${plus}`
}

function scalarText(scalar: Scalar): string {
  if (typeof scalar === 'number') return String(scalar)
  return scalar.times === undefined ? scalar.parameter : `${scalar.times} × ${scalar.parameter}`
}

function parametersText({ parameters = {} }: DeviceProfile, say: Say): string {
  const rows = Object.entries(parameters).map(([id, { name, unit, default: standard, range }]) => [
    id,
    say(name),
    unit,
    range === undefined ? '' : `${range[0]} … ${range[1]}`,
    standard === undefined ? say(WORDS.required) : `${say(WORDS.standard)} ${standard}`,
  ])
  return textTable(rows, '  ')
}

function sourcesText({ sources }: DeviceProfile): string {
  return sources
    .flatMap(({ title, url, note }) => [
      `  - ${title}`,
      ...(note === undefined ? [] : [`    ${note}`]),
      ...(url === undefined ? [] : [`    ${url}`]),
    ])
    .join('\n')
}

function vectorsText({ vectors = [] }: DeviceProfile): string {
  return vectors
    .map(({ note, expect }, i) => {
      const values = Object.entries(expect).map(([id, value]) => `${id} ${value}`)
      return `  - ${note === undefined ? `${i + 1}` : note}: ${listed(values, 'en')}`
    })
    .join('\n')
}
