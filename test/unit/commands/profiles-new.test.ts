/** A new profile by questions: from flags, from piped lines, and at a terminal where Ctrl+C ends everything. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { createInterview } from '../../../gateway/commands/profiles/new/interview.ts'
import { newProfile } from '../../../gateway/commands/profiles/new/new-profile.ts'
import { readVectorBytes } from '../../../gateway/commands/profiles/new/vector-bytes.ts'
import { newCommand } from '../../../gateway/commands/profiles/new-command.ts'
import { profilesCommand } from '../../../gateway/commands/profiles-command.ts'
import { hearOutput } from '../../support/heard-output.ts'

const heard = hearOutput()

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'new-profile-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

const HEAD = [
  '--vendor',
  'Acme',
  '--model',
  'LT-200',
  '--name-zh',
  '水位计',
  '--kind',
  'water-level',
  '--source',
  'Manual',
]
const GIVEN = { vendor: 'Acme', model: 'LT-200' }
const catalogue = loadCatalogue()
const LEVEL = 'id=level address=4 wire=int32 byte-order=CDAB scale=0.001 range=0..10 sentinels=0x7FFFFFFF'

/** Answers through a pipe. */
function piped(...lines: readonly string[]) {
  const input = new PassThrough()
  input.end(lines.map((line) => `${line}\n`).join(''))
  return { input, output: new PassThrough(), isTerminal: false }
}

/** Somebody at a terminal: each answer is typed when a question that contains the words is asked. */
function typed(answers: readonly (readonly [question: string, answer: string])[]) {
  const input = new PassThrough()
  const waiting = [...answers]
  let shown = ''
  const output = new Writable({
    write(chunk, _encoding, done) {
      shown += String(chunk)
      const [next] = waiting
      if (next !== undefined && shown.includes(next[0])) {
        waiting.shift()
        shown = ''
        // Ctrl+C has no Enter behind it.
        setImmediate(() => input.write(next[1] === '\x03' ? '\x03' : `${next[1]}\r`))
      }
      done()
    },
  })
  return { input, output, isTerminal: true, unasked: () => waiting.map(([question]) => question) }
}

const modelsOf = (site: string) => (existsSync(join(site, 'models')) ? readdirSync(join(site, 'models')) : [])

test('writes from flags a commented file that has no problem and whose vector passes', async () => {
  const site = folder()
  const vector = 'bytes="00 99 00 00" level=0.153 note="page 12"'
  expect(
    await profilesCommand(['new', '--yes', ...HEAD, '--profiles', site, '--point', LEVEL, '--vector', vector]),
  ).toBe(0)
  expect(heard.stdout).toMatch(/acme-lt-200: good\n {2}passed {3}page 12\n1 profile/)
  const text = readFileSync(join(site, 'models/acme-lt-200.yaml'), 'utf8')
  expect(text).toMatch(/^# yaml-language-server: \$schema=.*profile\.schema\.json\n/)
  expect(text).toContain(
    '# The kind water-level brings the rules water-level, rising, level-soon, no-data, bad-quality.',
  )
  const profile = loadCatalogue([new URL('../../../device-profiles', import.meta.url).pathname, site]).profiles.get(
    'acme-lt-200',
  )
  expect(profile?.points[0]).toMatchObject({
    ...{ quantity: 'water-level', unit: 'm', range: [0, 10], name: { zh: '积水深度' } },
    modbus: {
      table: 'holding-register',
      address: 4,
      type: 'int32',
      byteOrder: 'CDAB',
      scale: 0.001,
      sentinels: [0x7fffffff],
    },
  })
  expect(profile?.points.map(({ id }) => id)).toEqual(['level', 'rise', 'time-to-level'])
})

test('takes piped lines, one for each question, and an empty one as what is usual', async () => {
  const site = folder()
  const head = ['', '', '', '', '', '1s', '', '', '', '2']
  const point = ['smoke', '', '', '', '', '', '', '3', '0x10', 'bit', '0']
  const lines = [...head, ...point, '', '01 03 02 00 01 79 84', '', '', '', '']
  const flags = [...HEAD.slice(0, 6), '--kind', 'smoke', '--source', 'Manual', '--profiles', site]
  expect(await newCommand(flags, piped(...lines))).toBe(0)
  const text = readFileSync(join(site, 'models/acme-lt-200.yaml'), 'utf8')
  expect(text).toContain('serial: { baudRate: 9600, parity: none, stopBits: 1, unitId: 2 }')
  expect(text).toContain('quantity: smoke-alarm')
  expect(text).toContain('modbus: { table: holding-register, address: 16, type: bit, bit: 0 }')
  expect(text).toContain('frame: 01 03 02 00 01 79 84')
})

test.each([
  [`${LEVEL} colour=red`, '', 'there is no colour here; the keys here are id, quantity'],
  [LEVEL.replace('CDAB', 'ABCD'), 'bytes=00990000 level=0.153', 'it fits with byteOrder CDAB'],
  [LEVEL.replace('4', '40005'), '', '40005 is a reference number of a manual, holding-register 4 here'],
  [LEVEL.replace('CDAB', 'middle'), '', 'expected one of ABCD, CDAB, BADC, DCBA, got "middle"'],
  [LEVEL.replace('0..10', '10..0'), '', 'expected the lowest and the highest value'],
  [LEVEL.replace('0..10', '0..0.1'), '', 'the rule comes from kind water-level'],
  [LEVEL.replace('wire', 'wires'), 'bytes=0099', 'there is no wires here'],
  [LEVEL, 'bytes=0103000400020 level=1', 'expected bytes in hexadecimal'],
  [LEVEL, 'bytes=010300040002 at=40', 'no point stands in these bytes'],
])('refuses the point "%s" with the vector "%s"', async (point, vector, says) => {
  const given = { ...GIVEN, kind: 'water-level', source: 'Manual' }
  const interview = createInterview({ given, answers: null, tell: () => {} })
  const lists = { points: [point], vectors: vector === '' ? [] : [vector] }
  const done = newProfile(interview, {
    ...lists,
    catalogue,
    more: interview,
    fileOf: (id) => `/nowhere/models/${id}.yaml`,
  })
  await expect(done).rejects.toThrow(says)
})

test('at a terminal, says what is wrong with an answer and asks again, and finds what the bytes of the manual fit', async () => {
  const site = folder()
  const streams = typed([
    ['Id of the first point', 'Water Level'],
    ['Id of the first point', 'level'],
    ...['Quantity', 'Name in English', 'Name in Chinese', 'Unit', 'boolean'].map((question) => [question, ''] as const),
    ['Lowest and highest', '0 10'],
    ['Digits', ''],
    ['Table', 'fc3'],
    ['Address', '40005'],
    ['Address', '4'],
    ['On the wire', 'dint'],
    ...['Order of', 'Scale', 'Offset', 'Raw codes', 'Id of the next'].map((question) => [question, ''] as const),
    ['Bytes of a reply', '00990000'],
    ['Of which table', ''],
    ['Address of the first', ''],
    ['level is 10027008 m', '0.153'],
    ['with byteOrder CDAB, scale 0.001', 'yes'],
    ['Where these bytes', ''],
    ['More bytes', ''],
    ['compute', 'no'],
  ])
  const flags = [
    '--name-en',
    'Gauge',
    '--protocol',
    'modbus',
    '--status',
    'from-manual',
    '--source-url',
    '',
    '--id',
    'lt',
  ]
  const wire = ['--poll-interval', '5s', '--baud-rate', '-']
  expect(await newCommand([...HEAD, ...flags, ...wire, '--profiles', site], streams)).toBe(0)
  expect(streams.unasked()).toEqual([])
  expect(heard.stderr).toContain('did you mean "water-level"?')
  expect(heard.stderr).toContain('40005 is a reference number')
  expect(readFileSync(join(site, 'models/lt.yaml'), 'utf8')).toContain('type: int32, byteOrder: CDAB, scale: 0.001')
})

test('Ctrl+C in the middle writes nothing', async () => {
  const site = folder()
  const streams = typed([
    ['Maker', 'Acme'],
    ['Model', '\x03'],
  ])
  expect(await newCommand(['--profiles', site], streams)).toBe(130)
  expect(heard.stderr).toContain('interrupted, nothing was written')
  expect(readdirSync(site)).toEqual([])
})

test('never overwrites, and writes nothing where answers are left over or missing', async () => {
  const site = folder()
  mkdirSync(join(site, 'models'))
  const file = join(site, 'models/acme-lt-200.yaml')
  writeFileSync(file, 'precious')
  const flags = [...HEAD, '--profiles', site, '--point', LEVEL]
  await expect(newCommand(['--yes', ...flags])).rejects.toThrow('exists, and nothing is overwritten')
  expect(readFileSync(file, 'utf8')).toBe('precious')
  rmSync(file)
  await expect(newCommand(flags, piped(...new Array(30).fill(''), 'more'))).rejects.toThrow('1 answers are left over')
  await expect(newCommand(['--yes', '--vendor', 'Acme'])).rejects.toThrow('give it as --model')
  expect(modelsOf(site)).toEqual([])
})

test.each([
  ['01 03 02 00 99 78 2E', { value: { table: 'holding-register', words: [0x99], frame: '01 03 02 00 99 78 2E' } }],
  ['0x00,0x99', { value: { words: [0x99] } }],
  ['0001 0000 0005 01 04 02 0099', { value: { table: 'input-register', words: [0x99] } }],
  ['01 02 01 05 61 8B', { value: { table: 'discrete-input', words: [1, 0, 1, 0, 0, 0, 0, 0] } }],
  [
    '01 03 00 04 00 02 85 CA',
    { wrong: 'this is the request for 2 from address 4; give the reply that stands below it' },
  ],
  [
    '01 03 02 00 99 78 2F',
    { wrong: 'this looks like a reply whose CRC should be 78 2E; look for a slip in the bytes' },
  ],
  ['00 99 1', { wrong: 'expected bytes in hexadecimal, as 00 99, got "00 99 1"' }],
])('bytes of a manual: %s', (text, meaning) => {
  expect(readVectorBytes(text)).toEqual(meaning)
})
