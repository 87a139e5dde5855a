/** A line could not be had: its port or its serial device; the message says which and why. */
export class LineError extends Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'LineError'
  }
}
