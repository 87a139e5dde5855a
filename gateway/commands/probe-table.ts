/** A probe as people read it in a terminal. */
import type { Device } from '../../device-profiles/device.ts'
import type { ProbedPoint, ProbeResult } from '../commission/probe.ts'

const HEADINGS = ['point', 'registers', 'raw', 'value', 'quality', 'reply']

/** `where`: the endpoint, as text. */
export function probeTable(
  result: ProbeResult,
  { device, where }: { readonly device: Device; readonly where: string },
) {
  const rows = result.points.map((point) => rowOf(point, device))
  const details = detailsOf(result)
  return [
    `${result.device} (${result.profile}), unit ${result.unitId} at ${where}`,
    '',
    ...aligned([HEADINGS, ...rows]),
    '',
    ...(details.length > 0 ? [...details, ''] : []),
    summary(result),
    '',
  ].join('\n')
}

/** Points that share a reason, as all of a silent device do, share a line. */
function detailsOf({ points }: ProbeResult): readonly string[] {
  const ids = new Map<string, string[]>()
  for (const { id, detail } of points) if (detail !== null) ids.set(detail, [...(ids.get(detail) ?? []), id])
  return [...ids].map(([detail, of]) => `  ${of.join(', ')}: ${detail}`)
}

function rowOf(point: ProbedPoint, device: Device): readonly string[] {
  const { id, registers, words, quality, reason, exception, replyMs } = point
  return [
    id,
    registersText(registers),
    words === null ? '-' : words.map((word) => wordText(word, registers)).join(' '),
    valueText(point, device),
    reason === null ? quality : `${quality}, ${reason}${exception === null ? '' : ` (exception ${exception})`}`,
    replyMs === null ? '-' : `${replyMs.toFixed(1)} ms`,
  ]
}

function registersText(registers: ProbedPoint['registers']): string {
  if (registers === null) return 'derived'
  const { table, address, count } = registers
  return count === 1 ? `${table} ${address}` : `${table} ${address}-${address + count - 1}`
}

function wordText(word: number, registers: ProbedPoint['registers']): string {
  const isBit = registers?.table === 'coil' || registers?.table === 'discrete-input'
  return isBit ? String(word) : `0x${word.toString(16).padStart(4, '0')}`
}

function valueText({ id, value, unit }: ProbedPoint, { points }: Device): string {
  if (value === null) return '-'
  const profile = points.find((point) => point.profile.id === id)?.profile
  const state = profile?.states?.[String(value)]
  if (state !== undefined) return `${value} (${state.en})`
  const digits = typeof value === 'number' && profile?.decimals !== undefined ? value.toFixed(profile.decimals) : value
  return unit === '1' ? String(digits) : `${digits} ${unit}`
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function summary({ answered, points, requests, unitId }: ProbeResult): string {
  if (!answered) {
    return `unit ${unitId} gives no answer; check its unit id, its wiring and the baud rate, or look for it with "outpost scan"`
  }
  const count = (quality: string) => points.filter((point) => point.quality === quality).length
  const others = ['uncertain', 'bad'].map((quality) => `, ${count(quality)} ${quality}`).join('')
  return `${points.length} points: ${count('good')} good${others}; ${requests === 1 ? '1 request' : `${requests} requests`}`
}
