/** A receiver that changes its mood: up, down, or flapping between taking, refusing, and taking without a word. */
import { type Answer, type HttpReceiver, type ReceivedRequest, startReceiver } from './http-receiver.ts'

export type Mood = 'up' | 'down' | 'flapping'

export interface MoodyReceiver {
  readonly url: string
  /** What it has taken, confirmed or not. */
  readonly taken: readonly ReceivedRequest[]
  mood: Mood
  close(): Promise<void>
}

/** `take` does what the receiver is for; its number is the status of the answer. */
export async function startMoodyReceiver(
  take: (request: ReceivedRequest) => number | Promise<number> = () => 204,
): Promise<MoodyReceiver> {
  const taken: ReceivedRequest[] = []
  let mood: Mood = 'up'
  let turn = 0
  const answer: Answer = (request, response) => {
    const isCut = mood === 'flapping' && turn++ % 3 === 1
    if (mood === 'down' || (mood === 'flapping' && turn % 3 === 0)) {
      response.writeHead(503, { 'retry-after': '1' }).end()
      return
    }
    taken.push(request)
    Promise.resolve(take(request)).then(
      // The body has come and counts, and its sender cannot know.
      (status) => (isCut ? response.destroy() : response.writeHead(status).end()),
      () => response.destroy(),
    )
  }
  const receiver: HttpReceiver = await startReceiver(answer)
  return {
    ...{ url: receiver.url, taken },
    get mood() {
      return mood
    },
    set mood(next) {
      mood = next
    },
    close: () => receiver.close(),
  }
}
