import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { compileSchema } from '../../../device-profiles/schema-check.ts'
import { parseYamlDocument, problemText } from '../../../device-profiles/yaml-document.ts'

const strict = { additionalProperties: false } as const
const check = compileSchema(
  Type.Object(
    {
      port: Type.Integer({ minimum: 1, maximum: 65535 }),
      name: Type.Optional(Type.String({ minLength: 1 })),
      tags: Type.Optional(Type.Array(Type.String(), { maxItems: 2 })),
      limit: Type.Optional(Type.Union([Type.Number(), Type.String({ pattern: '^[0-9]+%$' })])),
      lines: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z]+$' }), Type.Boolean(), strict)),
    },
    strict,
  ),
)
const problems = (text: string): readonly string[] => check(parseYamlDocument(text, 'f.yaml')).map(problemText)

test('a document that fits has no problems', () => {
  expect(problems('port: 80\nlimit: 5%\nlines: { a: true }\n')).toEqual([])
})

test('every problem is one line with its place, in the order of the file', () => {
  expect(problems('name: ""\ntags: [a, 5, c]\nport: 70000\nlimit: x\nlines: { B: true, c: 1 }\n')).toEqual([
    'f.yaml:1:7: name: expected a text that is not empty, got ""',
    'f.yaml:2:7: tags: expected a list of at most 2 items, got a list of 3 items',
    'f.yaml:2:11: tags[1]: expected a text, got 5; write it in quotes if a text is meant',
    'f.yaml:3:7: port: expected a number <= 65535, got 70000',
    'f.yaml:4:8: limit: expected a text of the form ^[0-9]+%$, got "x"',
    'f.yaml:5:10: lines.B: key "B" does not have the form that keys have here (^[a-z]+$)',
    'f.yaml:5:22: lines.c: expected true or false, got 1',
  ])
})

test('where no alternative fits by type, all are named', () => {
  expect(problems('port: 80\nlimit: [1]\n')).toEqual([
    'f.yaml:2:8: limit: expected a number or a text, got a list of 1 item',
  ])
})

test('an unknown key far from every known one lists the known ones', () => {
  expect(problems('port: 80\nzzzzzz: 1\n')).toEqual([
    'f.yaml:2:1: zzzzzz: unknown key "zzzzzz"; the keys here are port, name, tags, limit, lines',
  ])
})

test('not-a-number and infinity are no numbers', () => {
  expect(problems('port: .nan\n')).toEqual(['f.yaml:1:7: port: expected a whole number, got NaN'])
  expect(problems('port: 80\nlimit: .inf\n')).toEqual(['f.yaml:2:8: limit: expected a number or a text, got Infinity'])
})

test('a document with problems of its own is not judged further', () => {
  expect(problems('port: 80\n\tname: x\n')).toHaveLength(1)
  expect(problems('port: !secret 80\n')[0]).toContain('Unresolved tag: !secret')
})

test('a problem inside an alias is shown where the alias is resolved, and one that has no node at its parent', () => {
  const document = parseYamlDocument('a: &x\n  b: 1\nc: *x\n', 'f.yaml')
  expect(document.problem(['c', 'b'], 'wrong')).toMatchObject({ line: 2, column: 6, path: 'c.b' })
  expect(document.problem(['a', 'missing', 3], 'wrong')).toMatchObject({ line: 2, column: 3, path: 'a.missing[3]' })
})
