/** A load could not be run; the message says why. */
export class LoadError extends Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'LoadError'
  }
}
