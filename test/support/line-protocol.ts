/** A reader of line protocol written from its documentation alone, strict where servers differ. */

export interface ParsedLine {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, ParsedField>>
  readonly time: bigint
}

export type ParsedField =
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }

/** Throws for anything that one of the known servers could read otherwise. */
export function parseLine(line: string): ParsedLine {
  if (/[\n\r]/.test(line)) throw new Error('a line break inside a line')
  const reader = new Reader(line)
  const measurement = reader.name([',', ' '])
  const tags: Record<string, string> = {}
  while (reader.take(',')) {
    const key = reader.name(['='])
    reader.expect('=')
    if (key in tags) throw new Error(`the tag ${key} comes twice`)
    tags[key] = reader.name([',', ' '])
  }
  reader.expect(' ')
  const fields: Record<string, ParsedField> = {}
  do {
    const key = reader.name(['='])
    reader.expect('=')
    if (key in fields) throw new Error(`the field ${key} comes twice`)
    fields[key] = reader.value()
  } while (reader.take(','))
  reader.expect(' ')
  return { measurement, tags, fields, time: reader.time() }
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  expect(character: string): void {
    if (!this.take(character)) throw new Error(`expected ${JSON.stringify(character)} at ${this.#at} of ${this.#text}`)
  }

  /** A measurement, key or tag value up to one of `ends`; a backslash may only stand before what it escapes. */
  name(ends: readonly string[]): string {
    let name = ''
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined || ends.includes(character)) break
      this.#at += 1
      if (character === '\\') {
        const escaped = this.#text[this.#at]
        if (escaped === undefined || !', ='.includes(escaped)) throw new Error(`a lone backslash in ${this.#text}`)
        name += escaped
        this.#at += 1
      } else if (', ='.includes(character)) throw new Error(`a bare ${JSON.stringify(character)} in ${this.#text}`)
      else name += character
    }
    if (name === '') throw new Error(`an empty name or tag value in ${this.#text}`)
    return name
  }

  value(): ParsedField {
    if (this.take('"')) return { type: 'string', value: this.#string() }
    const [text = ''] = /^[^ ,]*/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += text.length
    if (/^-?\d+i$/.test(text)) return { type: 'integer', value: BigInt(text.slice(0, -1)) }
    if (/^(T|F)$/.test(text)) return { type: 'boolean', value: text === 'T' }
    if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return { type: 'float', value: Number(text) }
    throw new Error(`no value: ${JSON.stringify(text)}`)
  }

  #string(): string {
    let value = ''
    while (!this.take('"')) {
      const character = this.#text[this.#at]
      if (character === undefined) throw new Error('a string without an end')
      this.#at += 1
      if (character !== '\\') {
        value += character
        continue
      }
      const escaped = this.#text[this.#at]
      if (escaped !== '"' && escaped !== '\\') throw new Error(`a lone backslash in ${this.#text}`)
      value += escaped
      this.#at += 1
    }
    return value
  }

  time(): bigint {
    const text = this.#text.slice(this.#at)
    if (!/^-?\d+$/.test(text)) throw new Error(`no time: ${JSON.stringify(text)}`)
    return BigInt(text)
  }
}
