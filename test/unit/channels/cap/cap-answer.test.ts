import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCapAnswer } from '../../../../gateway/channels/cap/cap-answer.ts'
import { capAcknowledgement, capMessage } from '../../../../gateway/channels/cap/cap-message.ts'
import { idOfCapName } from '../../../../gateway/channels/cap/cap-text.ts'
import { capXml, element } from '../../../../gateway/channels/cap/cap-xml.ts'
import { readXml } from '../../../../gateway/channels/cap/xml-reader.ts'
import { CAP_OPTIONS } from '../../../support/cap-options.ts'
import { anyNotification, notification } from '../../../support/notifications.ts'

const OURS = capMessage(notification(7), CAP_OPTIONS)
const ack = (note = '已派员') =>
  capXml(
    capAcknowledgement({ identifier: 'ack-1', sender: 'centre', sent: OURS.sent, note, references: [OURS] }, 'Actual'),
  )

describe('an answer', () => {
  test('names the notification that it acknowledges, whatever its id', () => {
    fc.assert(
      fc.property(anyNotification, (told) => {
        const message = capMessage(told, CAP_OPTIONS)
        const own = { identifier: 'ack-1', sender: 'centre', sent: message.sent, note: '' }
        const answer = readCapAnswer(capXml(capAcknowledgement({ ...own, references: [message] }, message.status)))
        expect(answer.references.map(({ identifier }) => idOfCapName(identifier))).toEqual([told.id.toWellFormed()])
      }),
      { numRuns: 100 },
    )
  })

  test('with a prefix, a byte order mark, comments, CDATA and references of characters', () => {
    const xml = `\ufeff<?xml version='1.0' encoding="utf-8"?><!-- x --><cap:alert xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">
      <cap:identifier>a&#45;1</cap:identifier><cap:sender><![CDATA[centre]]></cap:sender><cap:sent>2026-05-01T08:00:00+08:00</cap:sent>
      <cap:status>Actual</cap:status><cap:msgType>Error</cap:msgType><cap:scope>Public</cap:scope><cap:note>谁&#x3f; &lt;不明&gt;</cap:note>
      <cap:references>g,n1,2026-05-01T07:59:00+08:00
        g,n2,2026-05-01T07:59:01+08:00</cap:references></cap:alert>`
    expect(readCapAnswer(xml)).toMatchObject({
      identifier: 'a-1',
      sender: 'centre',
      msgType: 'Error',
      note: '谁? <不明>',
    })
    expect(readCapAnswer(xml).references.map(({ identifier }) => identifier)).toEqual(['n1', 'n2'])
  })

  test.each([
    ['an alert of somebody else', ack().replace('>Ack<', '>Alert<'), /msgType of Ack or Error, got Alert/],
    ['another document', '<a/>', /expected <alert xmlns/],
    ['no references', ack().replace(/<references>.*<\/references>/, ''), /one <references> with a text, got none/],
    ['two kinds', ack().replace('<scope>', '<msgType>Ack</msgType><scope>'), /got several/],
    ['a half reference', ack().replace(/,gateway-1-n7,[^<]*/, ''), /sender,identifier,sent/],
    ['an impossible time', ack().replaceAll(OURS.sent, '2026-13-01T00:00:00+08:00'), /expected a time/],
    ['a status nobody acts on', ack().replace('>Actual<', '>Draft<'), /got Draft/],
    [
      'too many references',
      ack().replace(/<references>(.*)<\/references>/, (_, one) => `<references>${`${one} `.repeat(101)}</references>`),
      /at most 100/,
    ],
  ])('%s is refused', (_, xml, message) => {
    expect(() => readCapAnswer(xml)).toThrow(message)
  })
})

describe('XML of others', () => {
  test.each([
    ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', /DOCTYPE is not accepted/],
    ['an entity', '<a>&x;</a>', /entity &x; is not one of XML/],
    ['an entity in an attribute', '<a b="&lol;"/>', /entity &lol;/],
    ['a bare ampersand', '<a>a & b</a>', /entity &/],
    ['a reference to a character that XML forbids', '<a>&#0;</a>', /entity &#0;/],
    ['a forbidden character', '<a>\u0001</a>', /characters that XML 1.0 allows/],
    ['another encoding', '<?xml version="1.0" encoding="GB2312"?><a/>', /UTF-8, got GB2312/],
    ['crossed elements', '<a><b></a></b>', /expected <\/b>, got <\/a>/],
    ['an open element', '<a><b></b>', /expected <\/a>, got the end/],
    ['two elements', '<a/><b/>', /second element/],
    ['text after it', '<a/>x', /beside the one element/],
    ['nothing', '', /expected an element, got the end/],
    ['an unknown prefix', '<x:a/>', /prefix x has no namespace/],
    ['an attribute twice', '<a b="1" b="2"/>', /twice/],
    ['an attribute without quotes', '<a b=1/>', /in quotes/],
    ['elements without end', '<a>'.repeat(40), /at most 32 elements in one another/],
    ['very many elements', `<a>${'<b/>'.repeat(10_001)}</a>`, /at most 10000 elements/],
    ['an open comment', '<a><!-- ', /end of a comment/],
  ])('%s is refused', (_, xml, message) => {
    expect(() => readXml(xml)).toThrow(message)
  })

  test('says where it is wrong', () => {
    expect(() => readXml('<a>\n  <b>&x;</b></a>')).toThrow(/^line 2, column/)
  })

  test('gives back every text that we write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const written = element('a', text)
        const read = readXml(written).text
        expect(element('a', read)).toBe(written)
      }),
    )
  })

  test('never fails otherwise than with a place, whatever comes', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<a ',
      'x="1"',
      '>',
      '/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&amp;',
      '&',
      'xmlns:b="c"',
      '<b:c/>',
      't',
      '<?',
      '?>',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          readXml(pieces.join(''))
        } catch (error) {
          expect((error as Error).name).toBe('XmlError')
        }
      }),
      { numRuns: 500 },
    )
  })
})
