/** What a kind file can say wrong although it has the right form. */

import { inputsOf } from './calculation.ts'
import type { Finding } from './finding.ts'
import { inUnitOf } from './level-units.ts'
import { resolveLevels } from './levels.ts'
import { checkNational } from './national.ts'
import type { Level, RuleProfile } from './rule-schema.ts'
import { adviseOnGuidance } from './rules.ts'
import type { KindProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'
import { resolveTrend, trendUnit } from './trend.ts'
import { unitProblem } from './units.ts'
import type { DocumentPath } from './yaml-document.ts'

export function* checkKind(kind: KindProfile): Generator<Finding> {
  const quantities = Object.keys(kind.quantities)
  const seen = new Set<string>()
  yield* checkQuantities(kind)
  yield* checkNational(kind.national, { unit: null, path: ['national'] })
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
    if (rule.type === 'limit') yield* checkLimit(kind, { rule, path: ['rules', i, 'levels'] })
  }
}

function* checkLimit(
  { quantities }: KindProfile,
  { rule, path }: { readonly rule: RuleProfile & { readonly type: 'limit' }; readonly path: DocumentPath },
): Generator<Finding> {
  const { quantity = '', trend } = rule
  const { unit = '1' } = (Object.hasOwn(quantities, quantity) && quantities[quantity]) || {}
  const compared = trend === undefined ? unit : trendUnit(unit, resolveTrend(trend))
  const levels: Level[] = []
  for (const [i, level] of rule.levels.entries()) {
    const plain = inUnitOf(level, { unit: compared, points: [], parameters: {} })
    if (typeof plain !== 'string') levels.push(plain)
    else yield { path: [...path, i, 'unit'], message: `level "${level.level}": ${plain}` }
  }
  for (const { level, message } of resolveLevels(levels, ANY_POINT).problems) {
    const index = rule.levels.findIndex((candidate) => candidate.level === level)
    yield { path: [...path, index], message: `level "${level}": ${message}` }
  }
}

function* checkQuantities({ quantities }: KindProfile): Generator<Finding> {
  for (const [id, { unit, national }] of Object.entries(quantities)) {
    const path = ['quantities', id]
    const problem = unitProblem(unit)
    if (problem !== null) yield { path: [...path, 'unit'], message: problem }
    yield* checkNational(national, { unit, path: [...path, 'national'] })
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
