/** Elements of a picture as text. Whatever comes from outside is escaped here, and nowhere else. */
import { escapeXml } from './xml.ts'

export type Attributes = Readonly<Record<string, string | number | undefined>>

/** `content` is markup already. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const pairs = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value)}"`,
  )
  const head = `<${name}${pairs.join('')}`
  return content.length === 0 ? `${head}/>` : `${head}>${content.join('')}</${name}>`
}

/** Words that are longer than `ems` (a Chinese sign is one em wide, others about half of one) are cut; the whole shows on hovering. */
export function words(text: string, { ems, ...attributes }: Attributes & { readonly ems?: number }): string {
  const short = ems === undefined ? text : shortened(text, ems)
  const whole = short === text ? '' : element('title', {}, escapeXml(text))
  return element('text', attributes, `${whole}${escapeXml(short)}`)
}

export function line(from: readonly [number, number], to: readonly [number, number], attributes: Attributes): string {
  return element('line', { x1: from[0], y1: from[1], x2: to[0], y2: to[1], ...attributes })
}

function shortened(text: string, ems: number): string {
  let used = 0
  const signs = [...text]
  for (const [i, sign] of signs.entries()) {
    used += (sign.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.55
    if (used > ems) return `${signs.slice(0, Math.max(i - 1, 0)).join('')}…`
  }
  return text
}

export function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
