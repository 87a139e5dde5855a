/** Questions whose answers come from flags, from a terminal or from piped lines, and are judged one by one. */
import { suggestion } from '../../../../device-profiles/suggestion.ts'
import { UsageError } from '../../usage-error.ts'
import type { Answers } from './answers.ts'

export type Read<T> = { readonly value: T } | { readonly wrong: string }

export interface Question<T> {
  /** Name of the flag, and of the key in `--point` and `--vector`. */
  readonly key: string
  readonly text: string
  /** Taken for an empty answer and where the answers have ended; without it an answer is needed. */
  readonly standard?: string
  readonly read: (answer: string) => Read<T>
}

export type Given = Readonly<Record<string, string>>

export interface Interview {
  /** Asks again where somebody is there to answer. Throws a UsageError otherwise. */
  ask<T>(question: Question<T>): Promise<T>
  tell(text: string): void
  readonly canAskAgain: boolean
}

export interface InterviewSources {
  /** Flags; they come first. */
  readonly given: Given
  /** Null where only flags and standards count. */
  readonly answers: Answers | null
  readonly tell: (text: string) => void
}

export function createInterview({ given, answers, tell }: InterviewSources): Interview {
  return {
    canAskAgain: answers?.isTerminal ?? false,
    tell,
    async ask<T>(question: Question<T>): Promise<T> {
      const flag = given[question.key]
      if (flag !== undefined) return taken(question, flag, `--${question.key}`)
      for (;;) {
        const standard = question.standard === undefined || question.standard === '' ? '' : ` [${question.standard}]`
        const line = answers === null ? null : await answers.next(`${question.text}${standard}: `)
        const answer = line === null || line.trim() === '' ? question.standard : line.trim()
        if (answer === undefined) {
          if (line === null) throw new UsageError(`no answer to "${question.text}"; give it as --${question.key}`)
          if (answers?.isTerminal !== true)
            throw new UsageError(`"${question.text}" needs an answer, got an empty line`)
          tell('an answer is needed here')
          continue
        }
        if (answers?.isTerminal !== true) return taken(question, answer, `"${question.text}"`)
        const read = question.read(answer)
        if ('value' in read) return read.value
        tell(read.wrong)
      }
    },
  }
}

/** `key=value` pairs of one flag, as of `--point "id=level address=4"`; values with spaces stand in quotes. */
export function createPairInterview(text: string, flag: string, tell: (text: string) => void) {
  const given = pairsOf(text, flag)
  const asked = new Set<string>()
  const interview: Interview = {
    canAskAgain: false,
    tell,
    ask<T>(question: Question<T>): Promise<T> {
      asked.add(question.key)
      const answer = given[question.key] ?? question.standard
      if (answer === undefined) throw new UsageError(`${flag} "${text}": missing ${question.key}=…: ${question.text}`)
      return Promise.resolve(taken(question, answer, `${flag} "${text}": ${question.key}`))
    },
  }
  return {
    interview,
    /** Throws for keys that nothing asked for. */
    finish(): void {
      for (const key of Object.keys(given)) {
        if (asked.has(key)) continue
        const near = suggestion(key, asked) || `; the keys here are ${[...asked].join(', ')}`
        throw new UsageError(`${flag} "${text}": there is no ${key} here${near}`)
      }
    },
  }
}

function taken<T>(question: Question<T>, answer: string, where: string): T {
  const read = question.read(answer)
  if ('value' in read) return read.value
  throw new UsageError(`${where}: ${read.wrong}`)
}

function pairsOf(text: string, flag: string): Given {
  const given: Record<string, string> = {}
  const rest = text.replaceAll(/([a-zA-Z-]+)=("[^"]*"|'[^']*'|\S+)/g, (_all, key: string, value: string) => {
    given[key] = value.replace(/^(["'])(.*)\1$/, '$2')
    return ''
  })
  if (rest.trim() !== '') {
    throw new UsageError(`${flag}: expected key=value pairs with spaces between them, got "${rest.trim()}"`)
  }
  return given
}
