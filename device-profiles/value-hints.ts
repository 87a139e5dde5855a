/** What to do about values that are nearly right: hexadecimal texts, reference numbers, quotients, pointers with dots. */

/**
 * The beginning of a hint, '' where there is none. `key`: the key that the value stands under; `wantsNumber`: only a number,
 * or something made of one, is right there.
 */
export function valueHint(
  value: unknown,
  { key, wantsNumber }: { readonly key: string; readonly wantsNumber: boolean },
) {
  if (key === 'address' && wantsNumber) {
    const hint = addressHint(value)
    if (hint !== '') return hint
  }
  if (typeof value !== 'string') return ''
  if (key === 'pointer') return pointerHint(value)
  if (key === 'id') return idHint(value)
  if (key === 'range') return rangeHint(value)
  return wantsNumber ? numberHint(value) : ''
}

/** Six-digit reference numbers and the notation 4x0002, by the table that their first digit names. */
function addressHint(value: unknown): string {
  // Hexadecimal, and not notation 0x of a coil.
  if (/^0x/i.test(String(value))) return ''
  const match = /^([0134])x?([0-9]{5})$/i.exec(String(value)) ?? /^([0134])x([0-9]{4})$/i.exec(String(value))
  const number = Number(match?.[2])
  if (match === null || number === 0) return ''
  const tables: Readonly<Record<string, string>> = {
    0: 'coil',
    1: 'discrete-input',
    3: 'input-register',
    4: 'holding-register',
  }
  return `; ${value} of a manual is ${tables[match[1] ?? '']} ${number - 1} here`
}

function numberHint(text: string): string {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return `; write ${text} without quotes`
  const quotient = /^\s*([0-9.]+)\s*\/\s*([0-9.]+)\s*$/.exec(text)
  const value = Number(quotient?.[1]) / Number(quotient?.[2])
  if (Number.isFinite(value)) return `; write the quotient as a number: ${value}`
  if (/^[+-]?[0-9]+,[0-9]+$/.test(text)) return `; write it with a point: ${text.replace(',', '.')}`
  return ''
}

function pointerHint(text: string): string {
  const parts = text.replace(/^\$\.?/, '').split(/[./[\]]+/)
  const names = parts.filter((part) => part !== '')
  return names.length === 0 ? '' : `; did you mean "/${names.join('/')}"?`
}

function idHint(text: string): string {
  const id = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return id === '' ? '' : `; did you mean "${id}"?`
}

function rangeHint(text: string): string {
  const match = /^\s*(-?[0-9.]+)\s*(?:-|\.\.+|…|~|to|至)\s*(-?[0-9.]+)/.exec(text)
  return match === null ? '' : `; did you mean [${Number(match[1])}, ${Number(match[2])}]?`
}
