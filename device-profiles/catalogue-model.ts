/** One model on the catalogue page: what it measures, where its facts are from, what to mind. */
import type { LocalText } from './base-schema.ts'
import { cell, table } from './markdown.ts'
import { nationalFacts } from './national.ts'
import { ANALOGUE_TYPES, COMPONENT_TYPES, ELEMENTS } from './national-tables.ts'
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'

export function modelSection(profile: DeviceProfile, kind: KindProfile): string {
  const { id, vendor, model, name, status, parameters = {}, commands = [], caveats = [], sources } = profile
  const rows = profile.points.map((point) => pointRow(point, { profile, kind }))
  const settings = Object.entries(parameters).map(([key, { name, unit }]) => named(key, name) + inBrackets(unit))
  const orders = commands.map((command) => named(command.id, command.name))
  const warnings = caveats.map(({ zh, en }) => `${zh}<br>${en}`)
  return [
    `### ${id}`,
    `${name.zh} · ${name.en}  \n${vendor}, ${model} · ${wireOf(profile)} · **${status}**, ${vectorsOf(profile)}`,
    table(['point', 'name', 'unit', 'range', 'SL 651', 'GB/T 26875.3'], rows),
    ...list('Parameters of each unit', settings),
    ...list('Commands', orders),
    ...list('To mind', warnings),
    ...list('Sources', sources.map(sourceText)),
  ].join('\n\n')
}

function named(id: string, { zh, en }: LocalText): string {
  return `\`${id}\` ${zh} · ${en}`
}

function inBrackets(unit: string): string {
  return unit === '1' ? '' : ` (${unit})`
}

function sourceText({ title, url, note }: DeviceProfile['sources'][number]): string {
  return (url === undefined ? title : `[${title}](${linkTo(url)})`) + (note === undefined ? '' : `: ${note}`)
}

function list(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`${title}:`, items.map((item) => `- ${item}`).join('\n')]
}

/** Blanks and brackets would end the link. */
function linkTo(url: string): string {
  return url.replaceAll(' ', '%20').replaceAll('(', '%28').replaceAll(')', '%29')
}

function pointRow(
  point: PointProfile,
  { profile, kind }: { readonly profile: DeviceProfile; readonly kind: KindProfile },
): readonly string[] {
  const { id, name, unit, range, states } = point
  const { sl651, component, analogue } = nationalFacts(point, { profile, kind })
  const numbers = [
    component === undefined ? '' : `component ${component} (${COMPONENT_TYPES[component]?.en ?? 'own'})`,
    analogue === undefined ? '' : `analogue ${analogue} (${ANALOGUE_TYPES[analogue]?.name.en ?? 'own'})`,
  ]
  return [
    `\`${id}\``,
    `${cell(name.zh)}<br>${cell(name.en)}`,
    unit === '1' ? '' : unit,
    states === undefined ? rangeText(range) : statesText(states),
    sl651 === undefined ? '' : `${sl651} ${ELEMENTS[sl651]?.zh}`,
    numbers.filter((text) => text !== '').join('<br>'),
  ]
}

function rangeText(range: PointProfile['range']): string {
  return range === undefined ? '' : `${range[0]} … ${range[1]}`
}

function statesText(states: NonNullable<PointProfile['states']>): string {
  return Object.entries(states)
    .map(([code, { zh, en }]) => `${code} ${cell(zh)} · ${cell(en)}`)
    .join('<br>')
}

function wireOf({ protocol, modbus, mqtt }: DeviceProfile): string {
  if (modbus !== undefined) {
    const { serial } = modbus
    const parity = { none: 'N', even: 'E', odd: 'O' } as const
    return serial === undefined ? 'Modbus' : `Modbus, ${serial.baudRate} 8${parity[serial.parity]}${serial.stopBits}`
  }
  if (mqtt === undefined) return protocol === 'self' ? 'the gateway itself' : protocol
  return `${mqtt.through === 'lorawan' ? 'LoRaWAN' : 'MQTT'}, ${mqtt.payload.format}`
}

function vectorsOf({ vectors = [] }: DeviceProfile): string {
  return vectors.length === 1 ? '1 vector' : `${vectors.length} vectors`
}
