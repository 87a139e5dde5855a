/** The gateway cannot be asked, or does not answer as it should; the message says where and what came. */
export class GatewayError extends Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'GatewayError'
  }
}
