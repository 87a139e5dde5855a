/** What a control request is answered with. */
export interface ControlAnswer {
  readonly status: number
  /** Sent as JSON. */
  readonly body: object
  /** Of 405: what may be asked there. */
  readonly allow?: string
}

/** A request that cannot be carried out; nothing has changed. */
export class ControlRefusal extends Error {
  readonly status: number
  readonly allow: string | undefined

  constructor(status: number, message: string, { allow }: { readonly allow?: string } = {}) {
    super(message)
    this.name = 'ControlRefusal'
    this.status = status
    this.allow = allow
  }

  get answer(): ControlAnswer {
    const { status, allow, message } = this
    return { status, body: { error: message }, ...(allow !== undefined && { allow }) }
  }
}
