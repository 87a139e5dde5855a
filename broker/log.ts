/** The part of pino's logger that the broker uses; a message is a plain sentence, the object holds the facts. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
