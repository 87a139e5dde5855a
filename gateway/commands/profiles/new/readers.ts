/** What an answer means: texts, ids, choices, numbers, ranges, states, addresses. */
import type { LocalText } from '../../../../device-profiles/base-schema.ts'
import type { ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import { suggestion } from '../../../../device-profiles/suggestion.ts'
import { meantBy } from '../../../../device-profiles/synonyms.ts'
import { unitProblem } from '../../../../device-profiles/units.ts'
import type { Read } from './interview.ts'

export const readText = (answer: string): Read<string> => ({ value: answer })

/** An empty answer or - is none. */
export function optional<T>(read: (answer: string) => Read<T>): (answer: string) => Read<T | undefined> {
  return (answer) => (answer === '' || answer === '-' ? { value: undefined } : read(answer))
}

export function readId(answer: string): Read<string> {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(answer) && answer.length <= 64) return { value: answer }
  const near = idOf(answer)
  const hint = near === '' ? '' : `; did you mean "${near}"?`
  return { wrong: `expected lower-case letters, digits and single hyphens, got "${answer}"${hint}` }
}

/** The nearest id; empty where nothing of the text can stand in one. */
export function idOf(text: string): string {
  const plain = text.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, '')
}

/** One of the words, its beginning, or what manuals and other tools call it. */
export function readChoice<const T extends string>(words: readonly T[]): (answer: string) => Read<T> {
  return (answer) => {
    const exact = words.find((word) => word.toLowerCase() === answer.toLowerCase())
    if (exact !== undefined) return { value: exact }
    const meant = meantBy(answer, words)
    const begun = words.filter((word) => word.startsWith(answer.toLowerCase()))
    const [only, ...others] = meant.length > 0 ? meant : begun
    if (only !== undefined && others.length === 0) return { value: only as T }
    const near = only === undefined ? suggestion(answer, words) : `; did you mean ${[only, ...others].join(' or ')}?`
    return { wrong: `expected one of ${words.join(', ')}, got "${answer}"${near}` }
  }
}

export function readNumber(answer: string): Read<number> {
  const quotient = /^(-?[0-9.]+)\s*\/\s*([0-9.]+)$/.exec(answer)
  const value = quotient === null ? Number(answer.replace(',', '.')) : Number(quotient[1]) / Number(quotient[2])
  return answer !== '' && Number.isFinite(value) ? { value } : { wrong: `expected a number, got "${answer}"` }
}

export function readWhole(lowest: number, highest: number): (answer: string) => Read<number> {
  return (answer) => {
    const value = Number(answer)
    if (answer !== '' && Number.isInteger(value) && value >= lowest && value <= highest) return { value }
    return { wrong: `expected a whole number from ${lowest} to ${highest}, got "${answer}"` }
  }
}

export function readDuration(answer: string): Read<string> {
  if (/^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$/.test(answer)) return { value: answer }
  return { wrong: `expected a duration with its unit (500ms, 5s, 2m, 1h), got "${answer}"` }
}

export function readUnit(answer: string): Read<string> {
  const problem = unitProblem(answer)
  return problem === null ? { value: answer } : { wrong: problem }
}

/** `0 5`, `0..5`, `[0, 5]` */
export function readRange(answer: string): Read<[number, number]> {
  const parts = answer
    .replaceAll(/[[\]]/g, ' ')
    .trim()
    .split(/\s*(?:,|;|\.\.|…|~|\bto\b|\s)\s*/)
  const [low = Number.NaN, high = Number.NaN] = parts.map(Number)
  if (parts.length === 2 && low < high) return { value: [low, high] }
  return { wrong: `expected the lowest and the highest value with a space between them, got "${answer}"` }
}

export function readNumbers(answer: string): Read<number[]> {
  const numbers = answer.split(/[\s,;]+/).map(Number)
  return numbers.every(Number.isFinite) ? { value: numbers } : { wrong: `expected numbers, got "${answer}"` }
}

/** `0=否/no, 1=是/yes` */
export function readStates(answer: string): Read<Record<string, LocalText>> {
  const states: Record<string, LocalText> = {}
  for (const part of answer.split(/\s*[,;，；]\s*/)) {
    const match = /^([0-9]+)\s*=\s*([^/]+?)\s*\/\s*(.+?)\s*$/.exec(part)
    if (match === null) return { wrong: `expected code=Chinese/English, as 0=正常/normal, 1=报警/alarm, got "${part}"` }
    const [, code = '', zh = '', en = ''] = match
    states[code] = { zh, en }
  }
  return { value: states }
}

const FIRST_REFERENCE = { coil: 1, 'discrete-input': 10001, 'input-register': 30001, 'holding-register': 40001 }

/** Zero-based, decimal or 0x…; reference numbers of manuals are told what they are here. `=40005` insists. */
export function readAddress(table: ModbusBinding['table']): (answer: string) => Read<number> {
  return (answer) => {
    const address = Number(answer.replace(/^=/, ''))
    if (!/^=?(0x[0-9a-f]+|[0-9]+)$/i.test(answer) || address > 65535) {
      if (/^[0134][0-9]{5}$/.test(answer)) return { wrong: referenceText(table, answer, Number(answer.slice(1)) - 1) }
      return { wrong: `expected the zero-based address, 0 to 65535 or 0x0000 to 0xFFFF, got "${answer}"` }
    }
    const base = FIRST_REFERENCE[table]
    const isReference = table !== 'coil' && !/^(=|0x)/i.test(answer) && address >= base && address <= base + 9998
    return isReference ? { wrong: referenceText(table, answer, address - base) } : { value: address }
  }
}

function referenceText(table: string, answer: string, address: number): string {
  return `${answer} is a reference number of a manual, ${table} ${address} here: answer ${address}, or =${answer} if it is the address on the wire`
}
