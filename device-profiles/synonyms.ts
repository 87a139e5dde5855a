/** Words of manuals and of other tools, and those of Outpost that they may stand for, the likeliest first. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  // Tables, by the names and function codes of the Modbus application protocol (6.1 to 6.4).
  ...{ '1': ['coil'], '2': ['discrete-input'], '3': ['holding-register'], '4': ['input-register'] },
  ...{ input: ['input-register'], 'discretes-input': ['discrete-input'], register: ['holding-register'] },
  ...{ fc1: ['coil'], fc2: ['discrete-input'], fc3: ['holding-register'], fc4: ['input-register'] },
  // Orders. What manuals call little-endian may swap the bytes, too, or only the words.
  ...{ ab: ['ABCD'], be: ['ABCD'], msb: ['ABCD'], big: ['ABCD'], 'big-endian': ['ABCD'], 'msw-be': ['ABCD'] },
  ...{ le: ['DCBA', 'CDAB'], lsb: ['DCBA', 'CDAB'], little: ['DCBA', 'CDAB'], 'little-endian': ['DCBA', 'CDAB'] },
  ...{ 'lsw-le': ['DCBA'], 'lsw-be': ['CDAB'], 'word-swap': ['CDAB'], sw: ['CDAB'], 'low-word-first': ['CDAB'] },
  ...{ lsw: ['CDAB'], ba: ['BADC'], sb: ['BADC'], 'msw-le': ['BADC'], 'byte-swap': ['BADC'] },
  ...{ '1234': ['ABCD'], '3412': ['CDAB'], '2143': ['BADC'], '4321': ['DCBA'] },
  // Types of programming languages, PLCs and other gateways.
  ...{ float: ['float32', 'number'], real: ['float32', 'number'], f32: ['float32'], 'float32-ieee': ['float32'] },
  ...{ double: ['float64', 'number'], lreal: ['float64'], f64: ['float64'], 'float64-ieee': ['float64'] },
  ...{ int: ['int16', 'number'], integer: ['int16', 'number'], short: ['int16'], s16: ['int16'], fixed: ['int16'] },
  ...{ word: ['uint16'], uint: ['uint16', 'number'], u16: ['uint16'], ushort: ['uint16'], unsigned: ['uint16'] },
  ...{ long: ['int32'], dint: ['int32'], s32: ['int32'], dword: ['uint32'], udint: ['uint32'], u32: ['uint32'] },
  ...{ bool: ['bit', 'boolean'], boolean: ['bit'], bit: ['boolean'], byte: ['uint8'], bcd: ['bcd16', 'bcd32'] },
  ...{ text: ['string'], string: ['text'], ascii: ['string', 'text'], char: ['string', 'text'] },
}

/** Those of `allowed` that the word stands for by its meaning; none where only its spelling could tell. */
export function meantBy(word: string, allowed: readonly string[]): readonly string[] {
  const plain = word.toLowerCase().replaceAll(/[_\s]+/g, '-')
  const singular = plain.replace(/s$/, '')
  const same = allowed.filter((candidate) => [plain, singular].includes(candidate.toLowerCase()))
  if (same.length > 0) return same
  const known = [...new Set([plain, singular])].flatMap((form) =>
    Object.hasOwn(SYNONYMS, form) ? (SYNONYMS[form] ?? []) : [],
  )
  const meant = known.filter((candidate) => allowed.includes(candidate))
  if (meant.length > 0) return meant
  // One word of several joined by hyphens, as in "holding" and "manual".
  const containing = allowed.filter((candidate) => candidate.toLowerCase().split('-').includes(plain))
  return containing.length === 1 ? containing : []
}
