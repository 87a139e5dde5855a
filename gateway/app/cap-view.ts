/** The messages of the CAP channels in the words of the API: made anew from the journal of dispatch, as they were sent. */
import { type CapAnswer, readCapAnswer } from '../channels/cap/cap-answer.ts'
import { capFeed, type FeedOptions } from '../channels/cap/cap-feed.ts'
import { type CapOptions, capMessage } from '../channels/cap/cap-message.ts'
import type { CapReference } from '../channels/cap/cap-model.ts'
import { idOfCapName } from '../channels/cap/cap-text.ts'
import { capXml } from '../channels/cap/cap-xml.ts'
import type { GatewayConfig } from '../config/config.ts'
import type { Notification, Receipt } from '../dispatch-model.ts'
import type { CapAnswerOutcome, CapView } from '../http/cap-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import { capOptionsOf, speakerOf } from './channel-set.ts'

export interface CapViewParts {
  /** By id, those channels that speak CAP now. */
  readonly channels: () => ReadonlyMap<string, CapOptions>
  readonly feed: () => FeedOptions
  /** Of these channels, the newest first. */
  readonly newest: (channels: readonly string[], limit: number) => Promise<readonly Notification[]>
  readonly notification: (id: string) => Promise<Notification | null>
  /** Resolves when it is on disk; false where no such notification is known. */
  readonly confirm: (receipt: Omit<Receipt, 'at'>) => Promise<boolean>
}

/** What it takes of the other parts. */
export function capViewParts({
  config,
  journal,
  confirm,
}: {
  readonly config: () => GatewayConfig
  readonly journal: Pick<Journal, 'dispatch'>
  readonly confirm: CapViewParts['confirm']
}): CapViewParts {
  return {
    channels() {
      const sections = config().dispatch?.channels ?? []
      const surroundings = speakerOf(config())
      return new Map(
        sections.flatMap((section) =>
          section.type === 'cap' ? [[section.id, capOptionsOf(section, surroundings)] as const] : [],
        ),
      )
    },
    feed() {
      const { gatewayId, language, station } = speakerOf(config())
      return { gateway: gatewayId, author: station.name[language], language, timeZone: station.timeZone }
    },
    async newest(channels, limit) {
      const stored = await journal.dispatch.newest(channels, limit)
      // What was withdrawn before it was sent has never been said.
      return stored.flatMap(({ notification, receipts }) =>
        receipts.some(({ type }) => type === 'withdrawn') ? [] : [notification],
      )
    },
    notification: async (id) => (await journal.dispatch.notification(id))?.notification ?? null,
    confirm,
  }
}

/** Who was away for longer reads the notifications themselves. */
const MOST_ENTRIES = 100

export function createCapView(parts: CapViewParts): CapView {
  return {
    async feed() {
      const channels = parts.channels()
      if (channels.size === 0) return null
      const newest = await parts.newest([...channels.keys()], MOST_ENTRIES)
      const entries = newest.flatMap((notification) => {
        const options = channels.get(notification.channel)
        return options === undefined ? [] : [{ notification, options }]
      })
      return capFeed(entries, parts.feed())
    },
    async message(identifier) {
      const found = await find(parts, identifier)
      return found === null ? null : capXml(capMessage(found.notification, found.options))
    },
    answer: (xml, nameOf) => answer(parts, { xml, nameOf }),
  }
}

async function answer(
  parts: CapViewParts,
  { xml, nameOf }: { readonly xml: string; readonly nameOf: (sender: string) => string },
): Promise<CapAnswerOutcome> {
  const said = read(xml)
  if ('problem' in said) return { type: 'refused', refusal: 'malformed-cap', message: said.problem }
  const known: string[] = []
  const unknown: string[] = []
  for (const reference of said.references) {
    const found = await find(parts, reference.identifier)
    if (found === null || !isTheSame(found.message, reference)) unknown.push(reference.identifier)
    // Who acknowledges an exercise has not taken on what is real.
    else if (found.message.status !== said.status) {
      const message = `expected the status ${found.message.status} of ${reference.identifier}, got ${said.status}`
      return { type: 'refused', refusal: 'other-status', message }
    } else known.push(found.notification.id)
  }
  const state = said.msgType === 'Ack' ? 'acknowledged' : 'failed'
  const by = nameOf(said.sender)
  const detail = said.note === null || said.note === '' ? `CAP ${said.msgType} ${said.identifier}` : said.note
  const confirmed: string[] = []
  for (const notification of known) {
    if (await parts.confirm({ notification, state, by: by.slice(0, 100), detail: detail.slice(0, 500) })) {
      confirmed.push(notification)
    }
  }
  if (confirmed.length > 0) return { type: 'taken', notifications: confirmed, unknown }
  const message = `none of its references is a message of this gateway: ${unknown.join(', ').slice(0, 300)}`
  return { type: 'refused', refusal: 'unknown-message', message }
}

function read(xml: string): CapAnswer | { readonly problem: string } {
  try {
    return readCapAnswer(xml)
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

async function find({ channels, notification: fetch }: CapViewParts, identifier: string) {
  const id = idOfCapName(identifier)
  const notification = id === null ? null : await fetch(id)
  const options = notification === null ? undefined : channels().get(notification.channel)
  if (notification === null || options === undefined) return null
  return { notification, options, message: capMessage(notification, options) }
}

/** A receiver may write the time at its own offset. */
function isTheSame(ours: CapReference, { sender, sent }: CapReference): boolean {
  return ours.sender === sender && Date.parse(ours.sent) === Date.parse(sent)
}
