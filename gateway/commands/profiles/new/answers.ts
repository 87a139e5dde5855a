/** Answers line by line: typed at a terminal, where Ctrl+C ends everything, or piped. */
import { createInterface, type Interface } from 'node:readline'

export interface Answers {
  /** Whether somebody sees the questions, and can answer again. */
  readonly isTerminal: boolean
  /** Null where there are no more. Rejects with Interrupted on Ctrl+C. */
  next(prompt: string): Promise<string | null>
  /** Lines that no question has taken. */
  left(): Promise<readonly string[]>
  close(): void
}

/** Ctrl+C: nothing is written. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted')
    this.name = 'Interrupted'
  }
}

export interface AnswerStreams {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly isTerminal: boolean
}

export function openAnswers({ input, output, isTerminal }: AnswerStreams): Answers {
  const lines = createInterface({ input, ...(isTerminal && { output }), terminal: isTerminal })
  const heard = hear(lines)
  return {
    isTerminal,
    async next(prompt) {
      if (isTerminal && !heard.hasEnded()) {
        lines.setPrompt(prompt)
        lines.prompt()
      }
      return await heard.take()
    },
    async left() {
      const left: string[] = []
      for (let line = await heard.take(); line !== null; line = await heard.take()) left.push(line)
      return left
    },
    close: () => lines.close(),
  }
}

/** Lines wait for their question, as whoever pastes ten of them expects. */
function hear(lines: Interface) {
  const waiting: string[] = []
  let state: 'open' | 'ended' | 'interrupted' = 'open'
  let wake: (() => void) | null = null
  const change = (): void => {
    wake?.()
    wake = null
  }
  lines.on('line', (line) => {
    waiting.push(line)
    change()
  })
  lines.on('SIGINT', () => {
    state = 'interrupted'
    lines.close()
    change()
  })
  lines.on('close', () => {
    if (state === 'open') state = 'ended'
    change()
  })
  return {
    hasEnded: () => state !== 'open',
    async take(): Promise<string | null> {
      for (;;) {
        if (state === 'interrupted') throw new Interrupted()
        const line = waiting.shift()
        if (line !== undefined) return line
        if (state === 'ended') return null
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
