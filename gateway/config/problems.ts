import { type DocumentProblem, problemText } from '../../device-profiles/yaml-document.ts'

/** All problems, one a line, as an engineer reads them in a terminal and an editor can jump to. */
export function formatProblems(file: string, problems: readonly DocumentProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return `${file} cannot be used: ${count}\n${problems.map((problem) => `  ${problemText(problem)}\n`).join('')}`
}
