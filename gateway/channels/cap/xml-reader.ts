/**
 * Reads XML that others send: one document into elements, their namespaces resolved. What a message never needs and an
 * attacker does is refused, not skipped: a DOCTYPE, and with it every entity beyond the five of XML itself. Pure, and as
 * fast for hostile text as for any: each character is looked at once.
 */

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  /** '' where there is none. */
  readonly namespace: string
  readonly children: readonly XmlElement[]
  /** All character data directly in it, trimmed. */
  readonly text: string
}

export class XmlError extends Error {
  constructor(message: string, { text, at }: { readonly text: string; readonly at: number }) {
    const before = text.slice(0, at)
    const line = before.split('\n').length
    super(`line ${line}, column ${at - before.lastIndexOf('\n')}: ${message}`)
    this.name = 'XmlError'
  }
}

const MOST_DEPTH = 32
const MOST_ELEMENTS = 10_000
const NAME =
  /[A-Za-z_\u0080-\u{10ffff}][\w.\-\u0080-\u{10ffff}]*(?::[A-Za-z_\u0080-\u{10ffff}][\w.\-\u0080-\u{10ffff}]*)?/uy
const SPACE = /[ \t\r\n]*/y
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const XML_CHARACTER = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

interface OpenElement {
  readonly qualifiedName: string
  readonly prefixes: ReadonlyMap<string, string>
  readonly name: string
  readonly namespace: string
  readonly children: XmlElement[]
  text: string
}

export function readXml(text: string): XmlElement {
  return new XmlReader(text.startsWith('\ufeff') ? text.slice(1) : text).read()
}

class XmlReader {
  readonly #text: string
  readonly #open: OpenElement[] = []
  #at = 0
  #elements = 0
  #root: XmlElement | null = null

  constructor(text: string) {
    this.#text = text
  }

  read(): XmlElement {
    if (!XML_CHARACTER.test(this.#text)) this.#fail('expected characters that XML 1.0 allows, got others', 0)
    this.#declaration()
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === '<') this.#markup()
      else this.#characters()
    }
    if (this.#open.length > 0) this.#fail(`expected </${this.#open.at(-1)?.qualifiedName}>, got the end`)
    return this.#root ?? this.#fail('expected an element, got the end')
  }

  #declaration(): void {
    if (!this.#text.startsWith('<?xml') || !/[ \t\r\n]/.test(this.#text[5] ?? '')) return
    const end = this.#find('?>', 'the end of the XML declaration')
    const encoding = /encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)["']/.exec(this.#text.slice(0, end))?.[1] ?? 'UTF-8'
    if (encoding.toUpperCase() !== 'UTF-8') this.#fail(`expected the encoding UTF-8, got ${encoding.slice(0, 40)}`)
    this.#at = end + 2
  }

  #markup(): void {
    const here = (start: string): boolean => this.#text.startsWith(start, this.#at)
    if (here('<!--')) this.#at = this.#find('-->', 'the end of a comment') + 3
    else if (here('<![CDATA[')) this.#characterData()
    else if (here('<!')) this.#fail('a DOCTYPE is not accepted; send the message without one')
    else if (here('<?')) this.#at = this.#find('?>', 'the end of a processing instruction') + 2
    else if (here('</')) this.#endTag()
    else this.#startTag()
  }

  #characterData(): void {
    const end = this.#find(']]>', 'the end of a CDATA section')
    this.#add(this.#text.slice(this.#at + 9, end))
    this.#at = end + 3
  }

  #characters(): void {
    const next = this.#text.indexOf('<', this.#at)
    const end = next === -1 ? this.#text.length : next
    this.#add(this.#resolve(this.#text.slice(this.#at, end)))
    this.#at = end
  }

  #add(text: string): void {
    const open = this.#open.at(-1)
    if (open !== undefined) open.text += text
    else if (text.trim() !== '') this.#fail('expected nothing beside the one element, got text')
  }

  #startTag(): void {
    const begin = this.#at
    this.#at += 1
    const qualifiedName = this.#name()
    if (this.#root !== null) this.#fail('expected the end, got a second element', begin)
    if (this.#open.length >= MOST_DEPTH) this.#fail(`expected at most ${MOST_DEPTH} elements in one another`, begin)
    this.#elements += 1
    if (this.#elements > MOST_ELEMENTS) this.#fail(`expected at most ${MOST_ELEMENTS} elements`, begin)
    const prefixes = this.#prefixes()
    const empty = this.#text[this.#at] === '/'
    if (empty) this.#at += 1
    if (this.#text[this.#at] !== '>') this.#fail(`expected > after <${qualifiedName}`)
    this.#at += 1
    const [local, prefix = ''] = qualifiedName.split(':').reverse() as [string, string?]
    const namespace = prefixes.get(prefix)
    if (namespace === undefined && prefix !== '') this.#fail(`the prefix ${prefix} has no namespace`, begin)
    this.#open.push({ qualifiedName, prefixes, name: local, namespace: namespace ?? '', children: [], text: '' })
    if (empty) this.#close()
  }

  /** Of all attributes only the declarations of namespaces mean something here. */
  #prefixes(): ReadonlyMap<string, string> {
    const outer = this.#open.at(-1)?.prefixes ?? new Map<string, string>()
    let inner: Map<string, string> | null = null
    const declare = (prefix: string, namespace: string): void => {
      inner ??= new Map(outer)
      inner.set(prefix, namespace)
    }
    const seen = new Set<string>()
    for (;;) {
      const before = this.#at
      this.#space()
      if ('/>'.includes(this.#text[this.#at] ?? '>')) return inner ?? outer
      if (this.#at === before) this.#fail('expected white space before an attribute')
      const name = this.#name()
      if (seen.has(name)) this.#fail(`the attribute ${name} stands there twice`)
      seen.add(name)
      const value = this.#attributeValue(name)
      if (name === 'xmlns') declare('', value)
      else if (name.startsWith('xmlns:')) declare(name.slice(6), value)
    }
  }

  #attributeValue(name: string): string {
    this.#space()
    if (this.#text[this.#at] !== '=') this.#fail(`expected = after the attribute ${name}`)
    this.#at += 1
    this.#space()
    const quote = this.#text[this.#at]
    if (quote !== '"' && quote !== "'") this.#fail(`expected the value of ${name} in quotes`)
    this.#at += 1
    const end = this.#find(quote as string, `the end of the value of ${name}`)
    const value = this.#text.slice(this.#at, end)
    if (value.includes('<')) this.#fail(`expected no < in the value of ${name}`)
    const resolved = this.#resolve(value)
    this.#at = end + 1
    return resolved
  }

  #endTag(): void {
    this.#at += 2
    const name = this.#name()
    const open = this.#open.at(-1)
    if (open?.qualifiedName !== name) this.#fail(`expected </${open?.qualifiedName ?? ''}>, got </${name}>`)
    this.#space()
    if (this.#text[this.#at] !== '>') this.#fail(`expected > after </${name}`)
    this.#at += 1
    this.#close()
  }

  #close(): void {
    const open = this.#open.pop()
    if (open === undefined) return
    const { name, namespace, children, text } = open
    const element = { name, namespace, children, text: text.trim() }
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
  }

  #resolve(text: string): string {
    return text.replace(/&([^;&\s]{0,32};)?/g, (whole, name: string | undefined) => {
      const known = name === undefined ? undefined : characterOf(name.slice(0, -1))
      return known ?? this.#fail(`the entity ${whole.slice(0, 34)} is not one of XML itself`)
    })
  }

  #name(): string {
    NAME.lastIndex = this.#at
    const name = NAME.exec(this.#text)?.[0] ?? this.#fail('expected a name')
    this.#at += name.length
    return name
  }

  #space(): void {
    SPACE.lastIndex = this.#at
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0
  }

  #find(end: string, what: string): number {
    const at = this.#text.indexOf(end, this.#at)
    return at === -1 ? this.#fail(`expected ${what}`) : at
  }

  #fail(message: string, at = this.#at): never {
    throw new XmlError(message, { text: this.#text, at })
  }
}

function characterOf(name: string): string | undefined {
  if (!name.startsWith('#')) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
  const code = name.startsWith('#x') ? hexadecimal(name.slice(2)) : decimal(name.slice(1))
  if (!(code <= 0x10ffff)) return undefined
  const character = String.fromCodePoint(code)
  return XML_CHARACTER.test(character) ? character : undefined
}

function hexadecimal(digits: string): number {
  return /^[0-9a-fA-F]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
}

function decimal(digits: string): number {
  return /^\d{1,8}$/.test(digits) ? Number(digits) : Number.NaN
}
