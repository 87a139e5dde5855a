/** A verdict for people at a terminal. */
import type { TestOutcome } from './test-outcome.ts'

export type Paint = (style: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string

/** Ends with a line break. */
export function verdictText(outcome: TestOutcome, paint: Paint): string {
  const { file, name, speed } = outcome
  const head = `${paint('bold', `${name.zh} / ${name.en}`)} ${paint('dim', `${file}, seed ${outcome.seed}, speed ${speed}`)}`
  if (outcome.type === 'failed') return `${head}\n${paint('red', `  could not be tested: ${outcome.reason}`)}\n`
  const { findings, isMet, remarks } = outcome.result.verdict
  const rows = findings.flatMap(({ title, status, details }) => {
    const isGood = status === 'met'
    const mark = isGood ? paint('green', '✓ met   ') : paint('red', '✗ missed')
    const style = isGood ? 'dim' : 'yellow'
    return [`  ${mark} ${title}`, ...details.map((detail) => paint(style, `             ${detail}`))]
  })
  const others = remarks.map((remark) => paint('dim', `  · not judged: ${remark}`))
  const met = findings.filter(({ status }) => status === 'met').length
  const sum = `${met} of ${findings.length} expectations met in ${(outcome.result.course.nowMs / 1000).toFixed(1)} s`
  return `${[head, ...rows, ...others, isMet ? paint('green', `  ${sum}`) : paint('red', `  ${sum}`)].join('\n')}\n`
}
