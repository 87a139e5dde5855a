import { closest, distance } from 'fastest-levenshtein'

/** '; did you mean "x"?' where one of the words is near enough to be a likely slip, else ''. */
export function suggestion(word: string, words: Iterable<string>): string {
  const candidates = [...words]
  if (candidates.length === 0) return ''
  const near =
    candidates.find((candidate) => candidate.toLowerCase() === word.toLowerCase()) ?? closest(word, candidates)
  const slips = distance(word.toLowerCase(), near.toLowerCase())
  return slips <= Math.ceil(word.length / 3) ? `; did you mean "${near}"?` : ''
}
