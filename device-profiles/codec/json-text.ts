/** Bytes as text and as JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Null for bytes that are no UTF-8. */
export function readText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

export function parseJson(bytes: Uint8Array): { readonly json: unknown } | { readonly malformed: string } {
  const text = readText(bytes)
  if (text === null) return { malformed: 'the message is not UTF-8' }
  try {
    return { json: JSON.parse(text) }
  } catch (error) {
    return {
      malformed: `the message is not JSON: ${error instanceof Error ? error.message.slice(0, 160) : String(error)}`,
    }
  }
}
