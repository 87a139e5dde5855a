import { suggestion } from '../../device-profiles/suggestion.ts'

/** More than these nobody reads. */
const SHOWN_NAMES = 12

/** What follows "expected …, got …" about a name that nothing has: the one that was meant, or those there are. */
export function knownNames(what: string, { name, names }: { name: string; names: readonly string[] }): string {
  if (names.length === 0) return `; there are no ${what} in this file`
  const more = names.length > SHOWN_NAMES ? `, and ${names.length - SHOWN_NAMES} more` : ''
  return suggestion(name, names) || `; there are: ${names.slice(0, SHOWN_NAMES).join(', ')}${more}`
}
