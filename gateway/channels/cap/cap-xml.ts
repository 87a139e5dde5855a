/** CAP messages as XML. The schema wants each element in its place, so the order of the lines here is the standard's. Pure. */
import type { CapAlert, CapArea, CapInfo, CapNamedValue, CapReference } from './cap-model.ts'
import { plainText } from './cap-text.ts'

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2'
export const CAP_MEDIA_TYPE = 'application/cap+xml'

/** One message as a document in UTF-8. */
export function capXml(alert: CapAlert): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${capElement(alert)}\n`
}

/** The element alone, for a document that holds several. */
export function capElement(alert: CapAlert): string {
  return [
    `<alert xmlns="${CAP_NAMESPACE}">`,
    element('identifier', alert.identifier),
    element('sender', alert.sender),
    element('sent', alert.sent),
    element('status', alert.status),
    element('msgType', alert.msgType),
    optional('source', alert.source),
    element('scope', alert.scope),
    optional('restriction', alert.restriction),
    optional('addresses', alert.addresses.join(' ')),
    optional('note', alert.note),
    optional('references', alert.references.map(referenceText).join(' ')),
    optional('incidents', alert.incidents.join(' ')),
    ...alert.infos.map(infoElement),
    '</alert>',
  ].join('')
}

export function referenceText({ sender, identifier, sent }: CapReference): string {
  return `${sender},${identifier},${sent}`
}

function infoElement(info: CapInfo): string {
  return [
    '<info>',
    element('language', info.language),
    ...info.categories.map((category) => element('category', category)),
    element('event', info.event),
    element('responseType', info.responseType),
    element('urgency', info.urgency),
    element('severity', info.severity),
    element('certainty', info.certainty),
    element('effective', info.effective),
    optional('onset', info.onset),
    element('expires', info.expires),
    optional('senderName', info.senderName),
    optional('headline', info.headline),
    optional('description', info.description),
    optional('instruction', info.instruction),
    optional('contact', info.contact),
    ...info.parameters.map((parameter) => namedValue('parameter', parameter)),
    areaElement(info.area),
    '</info>',
  ].join('')
}

function areaElement({ areaDesc, polygon, circle, geocodes }: CapArea): string {
  return [
    '<area>',
    element('areaDesc', areaDesc),
    optional('polygon', polygon),
    optional('circle', circle),
    ...geocodes.map((geocode) => namedValue('geocode', geocode)),
    '</area>',
  ].join('')
}

function namedValue(name: string, { valueName, value }: CapNamedValue): string {
  return `<${name}>${element('valueName', valueName)}${element('value', value)}</${name}>`
}

function optional(name: string, text: string | null): string {
  return text === null || plainText(text) === '' ? '' : element(name, text)
}

export function element(name: string, text: string): string {
  return `<${name}>${escapeXml(plainText(text))}</${name}>`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
