/**
 * What CAP 1.2 asks of a message beyond its schema, as google/cap-library checks it too: scope and addresses, references,
 * areas, texts without HTML. Returns what is wrong.
 */
import type { XmlElement } from '../../gateway/channels/cap/xml-reader.ts'

export function capProblems(alert: XmlElement): readonly string[] {
  return [
    ...scopeProblems(alert),
    ...referenceProblems(alert),
    ...nameProblems(alert),
    ...alert.children.filter(isNamed('info')).flatMap(infoProblems),
    ...textProblems(alert),
  ]
}

export function text(element: XmlElement, name: string): string | undefined {
  return texts(element, name)[0]
}

export function texts(element: XmlElement, name: string): readonly string[] {
  return element.children.filter(isNamed(name)).map((child) => child.text)
}

export function isNamed(name: string): (element: XmlElement) => boolean {
  return (element) => element.name === name
}

function scopeProblems(alert: XmlElement): readonly string[] {
  const scope = text(alert, 'scope')
  const problems: string[] = []
  if ((text(alert, 'restriction') !== undefined) !== (scope === 'Restricted'))
    problems.push('restriction and scope Restricted belong together')
  if (scope === 'Private' && !text(alert, 'addresses')) problems.push('scope Private needs addresses')
  return problems
}

function referenceProblems(alert: XmlElement): readonly string[] {
  const msgType = text(alert, 'msgType')
  const references = (text(alert, 'references') ?? '').split(/\s+/).filter((reference) => reference !== '')
  const own = text(alert, 'identifier')
  const sent = Date.parse(text(alert, 'sent') ?? '')
  const problems: string[] = []
  if (msgType !== 'Alert' && references.length === 0) problems.push(`${msgType} needs references`)
  if (msgType === 'Alert' && references.length > 0) problems.push('an Alert follows nothing')
  for (const reference of references) {
    const parts = reference.split(',')
    if (parts.length !== 3) problems.push(`reference ${reference} is not sender,identifier,sent`)
    if (parts[1] === own) problems.push('the message refers to itself')
    if (!(Date.parse(parts[2] ?? '') <= sent)) problems.push(`reference ${reference} is postdated`)
  }
  return problems
}

function nameProblems(alert: XmlElement): readonly string[] {
  return ['identifier', 'sender'].filter((name) => !/^[^\s,<&]+$/u.test(text(alert, name) ?? ''))
}

function infoProblems(info: XmlElement): readonly string[] {
  const areas = info.children.filter(isNamed('area'))
  const onset = Date.parse(text(info, 'effective') ?? '')
  const problems = areas.flatMap(areaProblems)
  if (!(Date.parse(text(info, 'expires') ?? '') > onset)) problems.push('it expires before it counts')
  if (areas.length === 0) problems.push('no area')
  return problems
}

function areaProblems(area: XmlElement): readonly string[] {
  const problems: string[] = []
  for (const polygon of texts(area, 'polygon')) {
    const points = polygon.split(' ')
    if (points.length < 4 || points[0] !== points.at(-1))
      problems.push(`polygon ${polygon} is not closed or has less than four points`)
    if (!points.every(isPosition)) problems.push(`polygon ${polygon} is not of positions`)
  }
  for (const circle of texts(area, 'circle')) {
    const [centre = '', radius = '', ...rest] = circle.split(' ')
    if (!isPosition(centre) || !/^\d+(\.\d+)?$/.test(radius) || rest.length > 0) problems.push(`circle ${circle}`)
  }
  return problems
}

function isPosition(pair: string): boolean {
  const match = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(pair)
  return match !== null && Math.abs(Number(match[1])) <= 90 && Math.abs(Number(match[2])) <= 180
}

function textProblems(element: XmlElement): readonly string[] {
  const own = /<\/?[a-zA-Z][^>]*>|&#?[0-9a-zA-Z]+;/.test(element.text)
    ? [`HTML in ${element.name}: ${element.text}`]
    : []
  return [...own, ...element.children.flatMap(textProblems)]
}
