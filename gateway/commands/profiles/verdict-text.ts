/** The verdicts of `outpost profiles test` for a terminal. */
import { problemText } from '../../../device-profiles/yaml-document.ts'
import { isGood, type ProfileVerdict } from './try-profiles.ts'

/** `isWhole`: of a whole catalogue, where only what is not well is told. */
export function verdictText(verdicts: readonly ProfileVerdict[], { isWhole }: { readonly isWhole: boolean }): string {
  const told = isWhole ? verdicts.filter((verdict) => !isGood(verdict) || verdict.advice.length > 0) : verdicts
  return [...told.map(oneText), summaryOf(verdicts)].map((text) => `${text}\n`).join('')
}

function oneText(verdict: ProfileVerdict): string {
  const { profile, problems, advice, vectors, commandVectors, lacks } = verdict
  return [
    `${profile}: ${isGood(verdict) ? 'good' : problems.length > 0 ? `cannot be used, ${counted(problems.length, 'problem')}` : 'a vector fails'}`,
    ...problems.map((problem) => `  ${problemText(problem)}`),
    ...[...vectors, ...commandVectors].flatMap(vectorLines),
    ...listOf(
      'to look at, because it is probably a slip:',
      advice.map((problem) => problemText(problem)),
    ),
    ...listOf('still missing:', lacks),
  ].join('\n')
}

function vectorLines({ name, differences, skipped }: ProfileVerdict['vectors'][number]): readonly string[] {
  if (skipped !== undefined) return [`  skipped  ${name}: ${skipped}`]
  if (differences.length === 0) return [`  passed   ${name}`]
  return [`  FAILED   ${name}`, ...differences.map((difference) => `             ${difference}`)]
}

function listOf(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    - ${line}`)]
}

function summaryOf(verdicts: readonly ProfileVerdict[]): string {
  const all = verdicts.flatMap(({ vectors, commandVectors }) => [...vectors, ...commandVectors])
  const failed = all.filter(({ differences }) => differences.length > 0).length
  const skipped = all.filter((verdict) => verdict.skipped !== undefined).length
  const bad = verdicts.filter((verdict) => !isGood(verdict)).length
  const parts = [
    `${counted(verdicts.length, 'profile')}: ${bad === 0 ? 'all good' : `${bad} not good`}`,
    `${counted(all.length, 'vector')}: ${all.length - failed - skipped} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  ]
  return parts.join('; ')
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
