/** Verdicts as JUnit XML: one suite for each scenario, one case for each expectation. */

import type { TestOutcome } from './test-outcome.ts'
import { escapeXml } from './xml.ts'

export function junitXml(outcomes: readonly TestOutcome[]): string {
  const suites = outcomes.map(suiteXml)
  const count = (key: 'tests' | 'failures' | 'errors') => suites.reduce((sum, suite) => sum + suite[key], 0)
  const time = outcomes.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3)
  const totals = `tests="${count('tests')}" failures="${count('failures')}" errors="${count('errors')}" time="${time}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="outpost-simulator" ${totals}>
${suites.map(({ xml }) => xml).join('\n')}
</testsuites>
`
}

function suiteXml(outcome: TestOutcome): { xml: string; tests: number; failures: number; errors: number } {
  const { file, name, seconds, speed, seed } = outcome
  const time = seconds.toFixed(3)
  const properties = `    <properties>
      <property name="file" value="${escapeXml(file)}"/>
      <property name="speed" value="${speed}"/>
      <property name="seed" value="${seed}"/>
    </properties>`
  const className = escapeXml(file.replace(/\.ya?ml$/, '').replaceAll('/', '.'))
  const suite = (counts: { tests: number; failures: number; errors: number }, cases: readonly string[]) => ({
    ...counts,
    xml: `  <testsuite name="${escapeXml(name.en)}" tests="${counts.tests}" failures="${counts.failures}" errors="${counts.errors}" time="${time}">
${[properties, ...cases].join('\n')}
  </testsuite>`,
  })
  if (outcome.type === 'failed') {
    const error = `      <error message="${escapeXml(firstLine(outcome.reason))}">${escapeXml(outcome.reason)}</error>`
    const one = `    <testcase classname="${className}" name="is tested" time="${time}">\n${error}\n    </testcase>`
    return suite({ tests: 1, failures: 0, errors: 1 }, [one])
  }
  const { findings } = outcome.result.verdict
  const cases = findings.map(({ title, status, details }) => {
    const head = `    <testcase classname="${className}" name="${escapeXml(title)}" time="0"`
    if (status === 'met')
      return `${head}>\n      <system-out>${escapeXml(details.join('\n'))}</system-out>\n    </testcase>`
    const message = escapeXml(details[0] ?? 'not met')
    return `${head}>\n      <failure message="${message}">${escapeXml(details.join('\n'))}</failure>\n    </testcase>`
  })
  const failures = findings.filter(({ status }) => status !== 'met').length
  return suite({ tests: findings.length, failures, errors: 0 }, cases)
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
