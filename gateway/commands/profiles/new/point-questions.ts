/** What a new profile says of one point. */
import type { KindProfile, PointProfile } from '../../../../device-profiles/schema.ts'
import type { ProfileHead } from './head-questions.ts'
import type { Interview } from './interview.ts'
import { optional, readChoice, readId, readNumber, readRange, readStates, readText, readUnit } from './readers.ts'
import { askBinary, askJson, askModbus } from './wire-questions.ts'

export interface PointContext {
  readonly head: ProfileHead
  readonly kind: KindProfile
  readonly points: readonly PointProfile[]
}

/** Null where there are no more points. */
export async function askPoint(interview: Interview, context: PointContext): Promise<PointProfile | null> {
  const { head, kind, points } = context
  const id = await interview.ask({
    ...{ key: 'id', text: points.length === 0 ? 'Id of the first point' : 'Id of the next point (empty: no more)' },
    ...(points.length > 0 && { standard: '' }),
    read: optional((answer) => {
      const read = readId(answer)
      const isTaken = points.some((point) => point.id === answer)
      return isTaken ? { wrong: `there is a point "${answer}" already; give another id` } : read
    }),
  })
  if (id === undefined) return null
  const { quantity, name, unit } = await askMeaning(interview, { id, kind })
  const type = await interview.ask({
    ...{ key: 'type', text: 'It is a number, boolean, enum or text', standard: usualType(kind, quantity) },
    read: readChoice(['number', 'boolean', 'enum', 'text']),
  })
  const about = await askValues(interview, type)
  const common = { id, name, ...(quantity !== undefined && { quantity }), unit, type, ...about }
  if (head.protocol === 'modbus') return { ...common, modbus: await askModbus(interview, { type, points }) }
  if (head.mqtt?.payload.format === 'json') return { ...common, json: await askJson(interview, { id, type }) }
  return { ...common, binary: await askBinary(interview, type) }
}

async function askMeaning(
  { ask }: Interview,
  { id, kind }: { readonly id: string; readonly kind: KindProfile },
): Promise<Pick<PointProfile, 'quantity' | 'name' | 'unit'>> {
  const quantities = Object.keys(kind.quantities)
  const usual = usualQuantity(kind, id) ?? '-'
  const text = `Quantity of the kind (${quantities.join(', ')}; - none of them)`
  const quantity = await ask({ key: 'quantity', text, standard: usual, read: optional(readChoice(quantities)) })
  const known = quantity === undefined ? undefined : kind.quantities[quantity]
  const english = known?.name.en ?? `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll('-', ' ')}`
  const en = await ask({ key: 'name-en', text: 'Name in English', standard: english, read: readText })
  const chinese = known?.name.zh
  const zh = await ask({ key: 'name-zh', text: 'Name in Chinese', standard: chinese ?? en, read: readText })
  const unit = await ask({
    key: 'unit',
    text: "Unit that people read ('1': none)",
    standard: known?.unit ?? '1',
    read: readUnit,
  })
  return { ...(quantity !== undefined && { quantity }), name: { zh, en }, unit }
}

/** The one of that name, or with that name beside another word: "level" for water-level. */
export function usualQuantity({ quantities, computed = [] }: KindProfile, id: string): string | undefined {
  const measured = Object.keys(quantities).filter((name) => computed.every(({ quantity }) => quantity !== name))
  return (
    measured.find((name) => name === id) ??
    measured.find((name) => name.endsWith(`-${id}`) || name.startsWith(`${id}-`))
  )
}

/** As the rules of the kind take it. */
function usualType({ rules }: KindProfile, quantity: string | undefined): string {
  const isDiscrete = rules.some((rule) => rule.type === 'discrete' && rule.quantity === quantity)
  return isDiscrete && quantity !== undefined ? 'boolean' : 'number'
}

async function askValues(
  { ask }: Interview,
  type: PointProfile['type'],
): Promise<Pick<PointProfile, 'states' | 'range' | 'decimals'>> {
  if (type === 'text') return {}
  if (type === 'boolean' || type === 'enum') {
    const states = await ask({
      ...{ key: 'states', text: 'Names of its codes, code=Chinese/English with commas' },
      ...(type === 'boolean' && { standard: '0=否/no, 1=是/yes' }),
      read: readStates,
    })
    const codes = Object.keys(states).map(Number)
    return type === 'boolean' ? { states } : { states, range: [Math.min(...codes), Math.max(...codes)] }
  }
  const text = 'Lowest and highest value that it can measure (- unknown)'
  const range = await ask({ key: 'range', text, read: optional(readRange) })
  const decimals = await ask({
    key: 'decimals',
    text: 'Digits after the point (-: as they come)',
    standard: '-',
    read: optional(readNumber),
  })
  return { ...(range !== undefined && { range }), ...(decimals !== undefined && { decimals }) }
}
