/** What the YAML parser finds, in words that say what to do. */
import type { YAMLError } from 'yaml'

const WORDS: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'a tab stands in the indentation, and YAML takes spaces only; replace it by spaces',
  BAD_INDENT: 'this stands further left or right than its neighbours; the keys of one map begin in one column',
  MULTILINE_IMPLICIT_KEY:
    'expected "key: value"; look for a colon without a space behind it, a missing colon, or a quote that is not closed',
  BLOCK_AS_IMPLICIT_KEY: 'two keys stand where one belongs; put each on its own line, and texts with ": " in quotes',
  BLOCK_IN_FLOW:
    'lines by indentation cannot stand inside { } or [ ]; write them with commas, or close the bracket before',
}

/** Nothing that follows from another one: after a tab, or on the same line, the parser stumbles on. */
export function withoutConsequences(errors: readonly YAMLError[], lineOf: (error: YAMLError) => number) {
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT')
  const lines = new Set<number>()
  return (tabs.length > 0 ? tabs : errors).filter((error) => {
    const line = lineOf(error)
    return !lines.has(line) && lines.add(line).size > 0
  })
}

/** `text`: of the document; a key that is given twice is named. */
export function yamlMessage({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^["']?([^:"'\n]{1,60})["']?\s*:/.exec(text.slice(pos[0]))?.[1]?.trim()
    return `the key ${key === undefined ? '' : `"${key}" `}is given twice in this map; remove one of the two`
  }
  return WORDS[code] ?? message
}
