/** One line at the foot of a terminal; nothing where the output is no terminal. */
import type { WriteStream } from 'node:tty'
import { timeText } from '../overview.ts'
import type { Progress } from '../verdict/test-run.ts'

const CLEAR = '\r\u001b[2K'

export class ProgressLine {
  readonly #stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }
  #isShown = false

  constructor(stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }) {
    this.#stream = stream
  }

  show({ seconds, untilSeconds, met, missed, total }: Progress): void {
    const where =
      seconds === null
        ? 'waiting for the gateway to hear its devices'
        : `${timeText(seconds)} of ${timeText(untilSeconds)}`
    this.text(`${where}  ${met} of ${total} met${missed > 0 ? `, ${missed} missed` : ''}`)
  }

  text(line: string): void {
    if (this.#stream.isTTY !== true) return
    this.#stream.write(`${CLEAR}${line}`)
    this.#isShown = true
  }

  clear(): void {
    if (!this.#isShown) return
    this.#stream.write(CLEAR)
    this.#isShown = false
  }
}
