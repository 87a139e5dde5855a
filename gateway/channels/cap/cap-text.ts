/** Texts and names as CAP and XML 1.0 can carry them. Pure. */

/** What XML 1.0 (2.2) does not allow at all, and the other control characters, which only hurt. */
const FORBIDDEN = /[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/**
 * The text without what XML 1.0 forbids, and with nothing that is HTML: CAP texts are plain. A `<` before a tag and an
 * `&` before an entity become look-alikes, so that no word is lost.
 */
export function plainText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replace(FORBIDDEN, '')
    .replace(/<(?=[a-zA-Z/!?])/g, '‹')
    .replace(/&(?=#?[0-9a-zA-Z]+;)/g, '＆')
    .trim()
}

/** At most `most` characters of the text, cut between characters. */
export function shorten(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}

/**
 * An identifier or a sender: neither may hold white space, commas, `<` or `&` (CAP 1.2, 3.2.1). Such characters are
 * percent-encoded, so that two ids never become one and `idOfCapName` leads back.
 */
export function capName(id: string): string {
  return id.toWellFormed().replace(/[^!#$'()*+\-./:;=?@[\]^_`{|}~\p{L}\p{N}]/gu, encode)
}

/** What `capName` made; null where no id of ours can be behind it. */
export function idOfCapName(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch {
    return null
  }
}

function encode(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}
