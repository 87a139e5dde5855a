/** What is not well formed in an XML text; null: nothing. Enough for what a program writes that knows neither CDATA nor comments. */
export function xmlProblem(xml: string): string | null {
  const open: string[] = []
  let end = 0
  for (const match of xml.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|<\?xml [^>]*\?>/g)) {
    const between = xml.slice(end, match.index)
    const problem = textProblem(between) ?? textProblem(match[3] ?? '')
    if (problem !== null) return problem
    end = match.index + match[0].length
    const [, closing, name, , alone] = match
    if (name === undefined || alone === '/') continue
    if (closing === '') open.push(name)
    else if (open.pop() !== name) return `</${name}> closes nothing`
  }
  return textProblem(xml.slice(end)) ?? (open.length > 0 ? `<${open.at(-1)}> is not closed` : null)
}

function textProblem(text: string): string | null {
  const wrong = /<|&(?!(?:amp|lt|gt|quot|apos);)|[^\P{Cc}\t\n\r]/u.exec(text)
  return wrong === null ? null : `"${text.slice(wrong.index, wrong.index + 30)}" is not escaped`
}
