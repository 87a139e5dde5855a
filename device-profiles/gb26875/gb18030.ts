/** Texts in GB 18030. Node decodes it; the other direction is made of what it decodes. */

const TWO_BYTE_LEADS = { first: 0x81, last: 0xfe }
const SUPPLEMENTARY = 0x10000
/** 0x90308130, the first code of the supplementary planes, in the count of four-byte codes. */
const FIRST_SUPPLEMENTARY = 189_000
const LAST_OF_FIRST_PLANE = 39_420
const REPLACEMENT = '\ufffd'
const QUESTION_MARK = Uint8Array.of(0x3f)

let codes: ReadonlyMap<number, Uint8Array> | null = null

/** Characters that GB 18030 does not have (halves of surrogate pairs) become question marks. */
export function gb18030Bytes(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap((character) => [...codeOf(character)]))
}

/** As many whole characters of the text as fit into `most` bytes. */
export function gb18030Within(text: string, most: number): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const code = codeOf(character)
    if (bytes.length + code.length > most) break
    bytes.push(...code)
  }
  return Uint8Array.from(bytes)
}

/** Of a character that was cut in half at the end nothing is left; what is no character becomes U+FFFD. */
export function gb18030Text(bytes: Uint8Array): string {
  return new TextDecoder('gb18030').decode(bytes, { stream: true })
}

function codeOf(character: string): Uint8Array {
  const point = character.codePointAt(0) as number
  if (point < 0x80) return Uint8Array.of(point)
  if (point >= SUPPLEMENTARY) return fourBytes(FIRST_SUPPLEMENTARY + point - SUPPLEMENTARY)
  codes ??= firstPlane()
  return codes.get(point) ?? QUESTION_MARK
}

/** The code with the number `index` among those of four bytes, 0x81308130 being the first. */
function fourBytes(index: number): Uint8Array {
  const [fourth, third, second] = [index % 10, Math.floor(index / 10) % 126, Math.floor(index / 1260) % 10]
  return Uint8Array.of(0x81 + Math.floor(index / 12_600), 0x30 + second, 0x81 + third, 0x30 + fourth)
}

/** Made at the first character beyond ASCII: some 60,000 codes, a few hundredths of a second. */
function firstPlane(): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  const decoder = new TextDecoder('gb18030')
  const add = (code: Uint8Array): void => {
    const text = decoder.decode(code)
    const point = text.codePointAt(0) ?? 0
    // The shorter code wins, and comes first.
    if (text.length === 1 && text !== REPLACEMENT && !found.has(point)) found.set(point, code)
  }
  for (let lead = TWO_BYTE_LEADS.first; lead <= TWO_BYTE_LEADS.last; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) if (trail !== 0x7f) add(Uint8Array.of(lead, trail))
  }
  for (let index = 0; index < LAST_OF_FIRST_PLANE; index++) add(fourBytes(index))
  return found
}
