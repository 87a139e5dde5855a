/** Who wants to hear messages beside the pipeline: a command that waits for its confirmation, commands that come in. */

export interface HeardMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** As whom its client was let in at the embedded broker; empty where that is not known. */
  readonly username: string
}

export interface TopicListener {
  /** For the error message, e.g. "device level-1". */
  readonly owner: string
  readonly topicFilter: string
  /** Must not throw; the message is acknowledged without waiting. It says something about now: it is neither kept nor a will. */
  readonly heard: (message: HeardMessage) => void
}
