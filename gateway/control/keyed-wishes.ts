/** The same key means the same wish: a sender who hears nothing may ask again, and it is done once. */
import type { DeviceCommand } from '../device-command.ts'
import { type ControlAnswer, type ControlRequest, refuse } from './request.ts'
import { REUSED } from './texts.ts'

export interface KeyedRequest {
  readonly key: string
  /** Does it. */
  begin(): Promise<ControlAnswer>
  /** The answer about a command that has begun already. */
  again(command: DeviceCommand): Promise<ControlAnswer>
}

export class KeyedWishes {
  readonly #known: (key: string) => DeviceCommand | undefined
  /** Those that are being answered. */
  readonly #open = new Map<string, { readonly wish: string; readonly answer: Promise<ControlAnswer> }>()

  /** `known`: a command with this key that has begun, be it before a restart. */
  constructor(known: (key: string) => DeviceCommand | undefined) {
    this.#known = known
  }

  answer(request: ControlRequest, keyed: KeyedRequest): Promise<ControlAnswer> {
    const { key } = keyed
    const wish = JSON.stringify([request.device, request.name, request.value])
    const open = this.#open.get(key)
    if (open !== undefined) return open.wish === wish ? open.answer : Promise.resolve(refuse('key-reused', REUSED))
    const answer = this.#answer(request, keyed).finally(() => this.#open.delete(key))
    this.#open.set(key, { wish, answer })
    return answer
  }

  async #answer(request: ControlRequest, { key, begin, again }: KeyedRequest): Promise<ControlAnswer> {
    const known = this.#known(key)
    if (known === undefined) return await begin()
    const isSame = known.device === request.device && known.name === request.name
    if (!isSame || known.value !== (request.value ?? known.value)) return refuse('key-reused', REUSED)
    return await again(known)
  }
}
