import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type Catalogue, loadCatalogue } from '../../../device-profiles/catalogue.ts'

/** Removed after each test. */
export const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

export const KIND = `kind: tank
name: { zh: 水箱, en: Tank }
quantities:
  level: { name: { zh: 液位, en: Level }, unit: m }
  full: { name: { zh: 满, en: Full }, unit: '1' }
rules:
  - { id: level, type: limit, quantity: level, name: { zh: 高, en: High }, guidance: { zh: 看, en: Look }, levels: [{ level: high, above: 2, priority: low }] }
`

export const MODEL = `id: gauge
vendor: Vendor
model: G1
name: { zh: 液位计, en: Gauge }
kind: tank
protocol: modbus
status: reference
sources: [{ title: test }]
modbus: { pollInterval: 1s }
points:
  - id: level
    name: { zh: 液位, en: Level }
    quantity: level
    unit: m
    type: number
    range: [0, 5]
    modbus: { table: holding-register, address: 1, type: uint16, scale: 0.001 }
`

/** The catalogue of one kind and the given files. */
export function catalogueOf(files: Readonly<Record<string, string>>): Catalogue {
  return loadCatalogue([directoryOf({ 'kinds/tank.yaml': KIND, ...files })])
}

/** A folder with the given files in `models/` and `kinds/`. */
export function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'profiles-'))
  directories.push(directory)
  mkdirSync(join(directory, 'models'))
  mkdirSync(join(directory, 'kinds'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

/** `line:column path: message` of each problem of the model, changed by replacing text. */
export function problemsOf(...changes: readonly (readonly [string, string])[]): readonly string[] {
  const text = changes.reduce((model, [from, to]) => {
    if (!model.includes(from)) throw new Error(`the model has no ${from}`)
    return model.replace(from, to)
  }, MODEL)
  return catalogueOf({ 'models/gauge.yaml': text }).problems.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  )
}
