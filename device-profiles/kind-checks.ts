/** What a kind file can say wrong although it has the right form. */

import { inputsOf } from './calculation.ts'
import type { Finding } from './finding.ts'
import { resolveLevels } from './levels.ts'
import { adviseOnGuidance } from './rules.ts'
import type { KindProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'

export function* checkKind(kind: KindProfile): Generator<Finding> {
  const quantities = Object.keys(kind.quantities)
  const seen = new Set<string>()
  yield* checkTemplates(kind)
  for (const [i, rule] of kind.rules.entries()) {
    if (seen.has(rule.id)) yield { path: ['rules', i, 'id'], message: `rule "${rule.id}" is given twice` }
    seen.add(rule.id)
    yield* adviseOnGuidance(rule, ['rules', i])
    if (rule.type !== 'limit' && rule.type !== 'discrete') continue
    if (rule.point !== undefined) {
      yield { path: ['rules', i, 'point'], message: 'a kind has no points; name a quantity' }
    } else if (rule.quantity === undefined) {
      yield { path: ['rules', i], message: `missing key "quantity"; the quantities are ${quantities.join(', ')}` }
    } else if (!quantities.includes(rule.quantity)) {
      const near = suggestion(rule.quantity, quantities)
      yield {
        path: ['rules', i, 'quantity'],
        message: `unknown quantity "${rule.quantity}"; there are ${quantities.join(', ')}${near}`,
      }
    }
    if (rule.detail !== undefined && !quantities.includes(rule.detail)) {
      const near = suggestion(rule.detail, quantities)
      const message = `unknown quantity "${rule.detail}"; there are ${quantities.join(', ')}${near}`
      yield { path: ['rules', i, 'detail'], message }
    }
    if (rule.type !== 'limit') continue
    for (const { level, message } of resolveLevels(rule.levels, ANY_POINT).problems) {
      const index = rule.levels.findIndex((candidate) => candidate.level === level)
      yield { path: ['rules', i, 'levels', index], message: `level "${level}": ${message}` }
    }
  }
}

/** Computed points that models can take over: each measures a quantity of the kind, from others. */
function* checkTemplates({ quantities, computed = [] }: KindProfile): Generator<Finding> {
  for (const [i, { id, quantity = '', unit, compute }] of computed.entries()) {
    const path = ['computed', i]
    const known = Object.hasOwn(quantities, quantity) ? quantities[quantity] : undefined
    if (compute === undefined) yield { path, message: `missing key "compute": "${id}" is a computed point` }
    if (known === undefined) {
      const near = suggestion(quantity, Object.keys(quantities))
      yield {
        path: [...path, 'quantity'],
        message: `"${id}" must measure a quantity of this kind, not "${quantity}"${near}`,
      }
    } else if (known.unit !== unit) {
      yield { path: [...path, 'unit'], message: `expected ${known.unit}, the unit of ${quantity}, got ${unit}` }
    }
    for (const input of compute === undefined ? [] : inputsOf(compute)) {
      if (Object.hasOwn(quantities, input)) continue
      const near = suggestion(input, Object.keys(quantities))
      yield { path: [...path, 'compute'], message: `unknown quantity "${input}"${near}` }
    }
  }
}

/** A point without a range, since a kind does not know what its models can measure. */
const ANY_POINT: PointProfile = { id: 'any', name: { zh: '任意', en: 'any' }, unit: '1', type: 'number' }
