/** Why a message could not be handed to a broker. */
export class PublishError extends Error {
  /** False only where it is certain that the message never left. */
  readonly mayHaveLeft: boolean

  constructor(message: string, { mayHaveLeft }: { readonly mayHaveLeft: boolean }) {
    super(message)
    this.name = 'PublishError'
    this.mayHaveLeft = mayHaveLeft
  }
}
