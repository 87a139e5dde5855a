/** The texts of notifications until they are sent: the newest in memory, the others read from disk when their turn comes. */
import type { Notification } from '../dispatch-model.ts'

/** A notification is some kilobytes. */
const KEEP = 2000

export class NotificationTexts {
  readonly #read: (id: string) => Promise<{ readonly notification: Notification } | null>
  readonly #kept = new Map<string, Notification>()

  constructor(read: (id: string) => Promise<{ readonly notification: Notification } | null>) {
    this.#read = read
  }

  keep(notification: Notification): void {
    this.#kept.set(notification.id, notification)
    if (this.#kept.size <= KEEP) return
    const oldest = this.#kept.keys().next().value
    if (oldest !== undefined) this.#kept.delete(oldest)
  }

  async get(id: string): Promise<Notification | null> {
    return this.#kept.get(id) ?? (await this.#read(id))?.notification ?? null
  }

  forget(id: string): void {
    this.#kept.delete(id)
  }
}
