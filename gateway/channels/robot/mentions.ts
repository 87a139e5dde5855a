/** Who is called by name in a chat. Pure. */
import type { Notification } from '../../dispatch-model.ts'

export interface Mentions {
  readonly phones: readonly string[]
  readonly users: readonly string[]
}

/** Most that one message calls. */
const MOST = 50

/** An address in a chat is a phone number or the id of a user; what is neither could call everybody. */
export function mentionsOf(notifications: readonly Notification[]): Mentions {
  const addresses = [...new Set(notifications.flatMap(({ to }) => to.map(({ address }) => address)))]
  return {
    phones: addresses.filter((address) => /^\+?\d{5,15}$/.test(address)).slice(0, MOST),
    users: addresses.filter((address) => /^(?=.*[A-Za-z])[\w.-]{1,64}$/.test(address)).slice(0, MOST),
  }
}
