/** Takes the replies of an SMTP server out of its stream (RFC 5321, 4.2). Pure. */

export interface SmtpReply {
  /** 200 to 599. */
  readonly code: number
  /** Without the code; at least one. */
  readonly lines: readonly string[]
}

/** A reply of a server that is well has a few lines; one without end must not fill the memory. */
const MOST_CHARACTERS = 65_536

export class SmtpReplies {
  #waiting = ''
  #lines: string[] = []
  #size = 0

  /** The replies that this piece completes. Throws where it is not SMTP. */
  add(piece: string): readonly SmtpReply[] {
    this.#waiting += piece
    this.#size += piece.length
    const replies: SmtpReply[] = []
    for (;;) {
      const end = this.#waiting.indexOf('\n')
      if (end === -1) break
      const line = this.#waiting.slice(0, end).replace(/\r$/, '')
      this.#waiting = this.#waiting.slice(end + 1)
      const reply = this.#line(line)
      if (reply !== null) replies.push(reply)
    }
    if (this.#size > MOST_CHARACTERS) throw new Error(`a reply without end: more than ${MOST_CHARACTERS} characters`)
    return replies
  }

  /** True where something stands behind the last complete reply. */
  get hasMore(): boolean {
    return this.#waiting !== '' || this.#lines.length > 0
  }

  #line(line: string): SmtpReply | null {
    const match = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line)
    if (match === null) throw new Error(`expected a reply as "250 OK", got "${line.slice(0, 80)}"`)
    this.#lines.push(match[3] ?? '')
    if (match[2] === '-') return null
    const lines = this.#lines
    this.#lines = []
    this.#size = this.#waiting.length
    return { code: Number(match[1]), lines }
  }
}
