/** Tables as CSV and XLSX: what spreadsheets of others read in them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { csvOf } from '../../../gateway/ledgers/csv.ts'
import { type Cell, column, known, type Table } from '../../../gateway/ledgers/table.ts'
import { xlsxOf } from '../../../gateway/ledgers/xlsx.ts'
import { describeReal } from '../../support/real-servers.ts'

const NAMES = { high: { zh: '高', en: 'high' } }
const COLUMNS = [
  column('at', 'time', { zh: '时间', en: 'Time' }),
  column('what', 'text', { zh: '内容', en: 'What', names: NAMES }),
  column('n', 'number', { zh: '数', en: 'Number' }),
  column('took', 'duration', { zh: '用时', en: 'Took' }),
  column('part', 'share', { zh: '占比', en: 'Part' }),
  column('yes', 'yes-no', { zh: '是否', en: 'Yes' }),
]
const table = (...rows: readonly (readonly Cell[])[]): Table => ({
  ...{ name: 'test', title: { zh: '测试[表]', en: 'Test' }, columns: COLUMNS, ...known(rows) },
})
const ZH = { language: 'zh', timeZone: 'Asia/Shanghai' } as const
const EN = { language: 'en', timeZone: 'UTC' } as const
const NOON = Date.UTC(2026, 9, 31, 4)
const csv = (rows: readonly (readonly Cell[])[], reader: typeof ZH | typeof EN = ZH) =>
  [...csvOf(table(...rows), reader)].join('')

test('CSV has a mark for Excel, titles with units, local times and the words of the language', () => {
  const row = [NOON, 'high', 3, 1500, 0.985, true]
  expect(csv([row])).toBe('\uFEFF时间,内容,数,用时（秒）,占比（%）,是否\r\n2026-10-31 12:00:00,高,3,1.5,98.5,是\r\n')
  expect(csv([row], EN)).toBe(
    '\uFEFFTime,What,Number,Took (s),Part (%),Yes\r\n2026-10-31 04:00:00,high,3,1.5,98.5,yes\r\n',
  )
  expect(csv([[null, { zh: '中', en: 'en' }, null, null, null, null]])).toContain('\r\n,中,,,,\r\n')
})

test.each([
  ['=1+1', "'=1+1"],
  ['+86 755', "'+86 755"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1', "' =1"],
  ['＝1', "'＝1"],
  ['\t=1', "'\t=1"],
  ['a "b", c', '"a ""b"", c"'],
  ['two\nlines', '"two\nlines"'],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['5-1', '5-1'],
])('the text %j is written as %j', (text, expected) => {
  expect(csv([[null, text, -5, null, null, null]])).toBe(
    `\uFEFF时间,内容,数,用时（秒）,占比（%）,是否\r\n,${expected},-5,,,\r\n`,
  )
})

test('whatever a text holds, CSV gives it back, at most with an apostrophe in front, and never as a formula', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const [, second = ''] = csv([[null, text, null, null, null, null]]).split(/是否\r\n/)
      const cell = second.slice(1, -',,,,\r\n'.length)
      const plain = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
      expect([text, `'${text}`]).toContain(plain)
      expect(plain).not.toMatch(/^\s*[=+\-@]/)
    }),
  )
})

/** An independent reader: Python's zipfile and ElementTree. */
const READ = `
import json, sys, zipfile, xml.etree.ElementTree as tree
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
n = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
for name in book.namelist(): tree.fromstring(book.read(name))
name = tree.fromstring(book.read('xl/workbook.xml')).find(f'{n}sheets/{n}sheet').get('name')
sheet = tree.fromstring(book.read('xl/worksheets/sheet1.xml'))
def value(cell):
    if cell.get('t') == 'inlineStr': return cell.find(f'{n}is/{n}t').text or ''
    return float(cell.find(f'{n}v').text)
rows = [{cell.get('r'): value(cell) for cell in row.findall(f'{n}c')} for row in sheet.iter(f'{n}row')]
print(json.dumps([name, rows]))
`

describeReal('python3')('XLSX', () => {
  async function read(...rows: readonly (readonly Cell[])[]): Promise<[string, Record<string, unknown>[]]> {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-xlsx-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'test.xlsx')
    writeFileSync(file, Buffer.concat(await Array.fromAsync(xlsxOf(table(...rows), ZH))))
    return JSON.parse(execFileSync('python3', ['-c', READ, file], { encoding: 'utf8', maxBuffer: 1e8 })) as never
  }

  test('is read by others: texts as texts, numbers as numbers, times as days by the local clock', async () => {
    const [name, rows] = await read(
      [NOON, '=1+1 <&"\u0001>', -5, 1500, 0.985, false],
      [null, ' 空 ', null, null, null, true],
    )
    expect(name).toBe('测试 表 ')
    expect(rows).toEqual([
      { A1: '时间', B1: '内容', C1: '数', D1: '用时（秒）', E1: '占比（%）', F1: '是否' },
      { A2: 46326.5, B2: '=1+1 <&">', C2: -5, D2: 1.5, E2: 98.5, F2: '否' },
      { B3: ' 空 ', F3: '是' },
    ])
  })

  test('also with more rows than are made at a time', async () => {
    const [, rows] = await read(...Array.from({ length: 1001 }, (_, i) => [NOON, `行 ${i}`, i, null, null, null]))
    expect(rows).toHaveLength(1002)
    expect(rows.at(-1)).toEqual({ A1002: 46326.5, B1002: '行 1000', C1002: 1000 })
  })
})
