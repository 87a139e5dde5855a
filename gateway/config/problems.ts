import { type DocumentProblem, problemText } from '../../device-profiles/yaml-document.ts'

/** All problems, one a line, as an engineer reads them in a terminal and an editor can jump to. */
export function formatProblems(file: string, problems: readonly DocumentProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return `${file} cannot be used: ${count}\n${list(problems)}`
}

/** Nothing where there is none. */
export function formatAdvice(advice: readonly DocumentProblem[]): string {
  return advice.length === 0 ? '' : `to look at, because it is probably a slip:\n${list(advice)}`
}

function list(problems: readonly DocumentProblem[]): string {
  return problems.map((problem) => `  ${problemText(problem)}\n`).join('')
}
