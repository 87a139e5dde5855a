/** What a receiver of our CAP messages sends back: that it has taken one on (Ack), or cannot (Error). Pure. */
import type { CapReference } from './cap-model.ts'
import { CAP_NAMESPACE } from './cap-xml.ts'
import { readXml, type XmlElement } from './xml-reader.ts'

export interface CapAnswer extends CapReference {
  readonly msgType: 'Ack' | 'Error'
  readonly status: 'Actual' | 'Exercise' | 'Test'
  /** The messages that it answers; at least one. */
  readonly references: readonly CapReference[]
  readonly note: string | null
}

/** Also 1.1, which many receivers still speak; an Ack is the same there. */
const NAMESPACES: readonly string[] = [CAP_NAMESPACE, 'urn:oasis:names:tc:emergency:cap:1.1']
const MOST_REFERENCES = 100
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$/

/** Throws an Error that says what was expected and what came. */
export function readCapAnswer(xml: string): CapAnswer {
  const root = readXml(xml)
  if (root.name !== 'alert' || !NAMESPACES.includes(root.namespace)) {
    throw new Error(`expected <alert xmlns="${CAP_NAMESPACE}">, got <${root.name} xmlns="${root.namespace}">`)
  }
  const msgType = one(root, 'msgType')
  if (msgType !== 'Ack' && msgType !== 'Error') {
    throw new Error(`expected a msgType of Ack or Error, got ${msgType}; this gateway takes no alerts of others`)
  }
  const status = one(root, 'status')
  if (status !== 'Actual' && status !== 'Exercise' && status !== 'Test') {
    throw new Error(`expected a status of Actual, Exercise or Test, got ${status}`)
  }
  const sent = timeOf(one(root, 'sent'), 'sent')
  const references = referencesOf(one(root, 'references'))
  const note = texts(root, 'note')[0] ?? null
  return { identifier: one(root, 'identifier'), sender: one(root, 'sender'), sent, status, msgType, references, note }
}

/** `sender,identifier,sent`, with white space between several (CAP 1.2, 3.2.1). */
function referencesOf(text: string): readonly CapReference[] {
  const references = text.split(/\s+/).map((reference) => {
    const [sender = '', identifier = '', sent = '', ...rest] = reference.split(',')
    if (sender === '' || identifier === '' || rest.length > 0) {
      throw new Error(`expected references as sender,identifier,sent, got ${reference.slice(0, 200)}`)
    }
    return { sender, identifier, sent: timeOf(sent, 'references') }
  })
  if (references.length > MOST_REFERENCES) throw new Error(`expected at most ${MOST_REFERENCES} references`)
  return references
}

function timeOf(text: string, where: string): string {
  if (TIME.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new Error(`expected a time as 2026-05-01T08:00:00+08:00 in ${where}, got ${text.slice(0, 40)}`)
}

function one(root: XmlElement, name: string): string {
  const [text, ...others] = texts(root, name)
  if (text !== undefined && text !== '' && others.length === 0) return text
  throw new Error(
    `expected one <${name}> with a text, got ${text === undefined ? 'none' : others.length > 0 ? 'several' : 'an empty one'}`,
  )
}

function texts(root: XmlElement, name: string): readonly string[] {
  return root.children
    .filter((child) => child.name === name && child.namespace === root.namespace)
    .map(({ text }) => text)
}
