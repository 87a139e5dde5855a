/** Messages that no device of the reference tag's profile should send, and what must become of its pressure. */

/** Before each of them the tag has said so. */
export const BEFORE = 1180
/** Said by those messages that are odd but mean one thing only. */
export const MEANT = 1190

export interface BadMessage {
  readonly what: string
  readonly payload: string | Buffer
  /** Value of the pressure afterwards, or why it is bad. */
  readonly pressure: number | 'malformed' | 'out-of-range' | 'sentinel'
}

const pressure = (json: string): string => `{"pressure":${json}}`
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const WRONG_TYPES = ['"12.5"', '""', '{}', '{"value":1190}', '[1190]', '[]', 'true', 'false'].map(
  (json): BadMessage => ({ what: json, payload: pressure(json), pressure: 'malformed' }),
)

const ABSURD_NUMBERS = [
  ['1e308', 'out-of-range'],
  ['-1e308', 'out-of-range'],
  ['1e999', 'malformed'],
  ['-1e999', 'malformed'],
  ['123456789012345678901234567890', 'out-of-range'],
  ['2500.0001', 'out-of-range'],
  ['-0.0001', 'out-of-range'],
  // In bar instead of kPa it would be believable: only the rule for low pressure can tell. In pascal it is not.
  ['1190000', 'out-of-range'],
].map(([json, reason]): BadMessage => {
  return { what: json as string, payload: pressure(json as string), pressure: reason as BadMessage['pressure'] }
})

const NO_JSON = [
  ...['', ' ', 'null', 'true', '1190', '"1190"', '{', '{"pressure":1190', '{"pressure":1190}}', '{"pressure":1190,}'],
  ...[pressure('NaN'), pressure('Infinity'), pressure('0x4A6'), pressure('01190'), pressure('.5'), '{pressure:1190}'],
  ...["{'pressure':1190}", 'pressure=1190', '<pressure>1190</pressure>', `\u0000${pressure('1190')}`],
].map((payload): BadMessage => ({ what: JSON.stringify(payload), payload, pressure: 'malformed' }))

const NO_TEXT = [
  ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['UTF-8 that is cut off', Buffer.from('{"pressure":1190,"note":"水"}').subarray(0, -4)],
  [
    'an overlong encoding',
    Buffer.concat([Buffer.from('{"pressure":1190,"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
  ],
  ['UTF-16', Buffer.from(pressure('1190'), 'utf16le')],
  ['random bytes', Buffer.from(Array.from({ length: 999 }, (_, index) => (index * 7919) % 256))],
].map(([what, payload]): BadMessage => ({ what: String(what), payload: payload as Buffer, pressure: 'malformed' }))

const ODD: readonly BadMessage[] = [
  { what: 'null', payload: pressure('null'), pressure: 'sentinel' },
  { what: 'a key twice', payload: '{"pressure":5,"pressure":1190}', pressure: MEANT },
  { what: 'a prototype', payload: '{"__proto__":{"pressure":5},"pressure":1190}', pressure: MEANT },
  { what: 'only a prototype', payload: '{"__proto__":{"pressure":5}}', pressure: BEFORE },
  { what: 'a constructor', payload: '{"constructor":{"prototype":{"pressure":5}}}', pressure: BEFORE },
  { what: 'nothing', payload: '{}', pressure: BEFORE },
  { what: 'a list', payload: '[{"pressure":5}]', pressure: BEFORE },
  { what: 'other words', payload: '{"Pressure":5,"druck":5}', pressure: BEFORE },
  { what: 'a byte order mark', payload: `\ufeff${pressure('1190')}`, pressure: MEANT },
  { what: '100,000 brackets', payload: nested(100_000), pressure: BEFORE },
  { what: '100,000 brackets as a value', payload: pressure(nested(100_000)), pressure: 'malformed' },
  { what: '100,000 open brackets', payload: '['.repeat(100_000), pressure: 'malformed' },
  { what: '200 kB of digits', payload: pressure('9'.repeat(200_000)), pressure: 'malformed' },
  { what: '20,000 members', payload: `{${'"a":1,'.repeat(20_000)}"pressure":1190}`, pressure: MEANT },
]

export const BAD_MESSAGES: readonly BadMessage[] = [...WRONG_TYPES, ...ABSURD_NUMBERS, ...NO_JSON, ...NO_TEXT, ...ODD]
