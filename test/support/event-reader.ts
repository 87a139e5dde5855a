/** A client of the event stream that keeps what came and lets a test wait for it. */
export interface ServerEvent {
  readonly id: number | null
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like
  readonly data: any
}

export class EventReader {
  readonly events: ServerEvent[] = []
  readonly comments: string[] = []
  readonly #abort = new AbortController()
  readonly #waiting = new Set<() => void>()
  status = 0
  headers = new Headers()
  ended = false

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const reader = new EventReader()
    const response = await fetch(url, { headers, signal: reader.#abort.signal })
    reader.status = response.status
    reader.headers = response.headers
    reader.#read(response).catch(() => reader.#end())
    return reader
  }

  close(): void {
    this.#abort.abort()
  }

  /** Resolves with the events named `name` as soon as there are `count` of them. */
  async waitFor(name: string, count: number): Promise<readonly ServerEvent[]> {
    await this.waitUntil(() => this.named(name).length >= count)
    return this.named(name)
  }

  async waitUntil(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.ended) throw new Error(`the stream ended; it gave ${JSON.stringify(this.events).slice(0, 2000)}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  async waitForEnd(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  named(name: string): readonly ServerEvent[] {
    return this.events.filter(({ event }) => event === name)
  }

  async #read(response: Response): Promise<void> {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
      this.#wake()
    }
    this.#end()
  }

  #take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
    const data = field('data')
    if (block.startsWith(':')) this.comments.push(block.slice(1).trim())
    if (data === undefined) return
    const id = field('id')
    this.events.push({
      id: id === undefined ? null : Number(id),
      event: field('event') ?? 'message',
      data: JSON.parse(data),
    })
  }

  #end(): void {
    this.ended = true
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
