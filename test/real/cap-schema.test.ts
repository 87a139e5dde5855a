/** Every message is valid by the schema of OASIS, as an independent validator sees it. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { capAcknowledgement, capMessage } from '../../gateway/channels/cap/cap-message.ts'
import { capXml } from '../../gateway/channels/cap/cap-xml.ts'
import { CAP_OPTIONS } from '../support/cap-options.ts'
import { anyNotification, eventOf, notification } from '../support/notifications.ts'
import { describeReal } from '../support/real-servers.ts'

const SCHEMA = fileURLToPath(new URL('../support/cap/cap12.xsd', import.meta.url))

describeReal('xmllint')('CAP messages by the schema', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'outpost-cap-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Rejects with what is wrong in which file. */
  async function validate(documents: readonly string[]): Promise<void> {
    const files = documents.map((document, index) => {
      const file = join(folder, `${index}.xml`)
      writeFileSync(file, document)
      return file
    })
    await promisify(execFile)('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, ...files])
  }

  test('whatever an alarm says, in every scope and time zone', async () => {
    const options = fc.constantFrom(
      CAP_OPTIONS,
      { ...CAP_OPTIONS, scope: 'Public' as const, timeZone: 'America/St_Johns', division: null },
      { ...CAP_OPTIONS, scope: 'Restricted' as const, restriction: '仅限值班人员 & <内部>', timeZone: 'UTC' },
    )
    const made = fc.sample(fc.tuple(anyNotification, options), 400)
    await validate(made.map(([told, chosen]) => capXml(capMessage(told, chosen))))
  })

  test('Alert, Update, Cancel and Ack', async () => {
    const first = notification(1)
    const earlier = [first]
    const over = eventOf(3, {
      facts: { active: false, acked: true, latched: false, suppression: null },
      state: 'normal',
    })
    const alert = capMessage(first, CAP_OPTIONS)
    const messages = [
      alert,
      capMessage(notification(2, { purpose: 'update', earlier }), CAP_OPTIONS),
      capMessage(notification(3, { purpose: 'ended', earlier, events: [over] }), CAP_OPTIONS),
      capAcknowledgement(
        { identifier: 'a 1', sender: 'centre', sent: alert.sent, note: '收到', references: [alert] },
        'Actual',
      ),
    ]
    expect(messages.map(({ msgType }) => msgType)).toEqual(['Alert', 'Update', 'Cancel', 'Ack'])
    await validate(messages.map(capXml))
  })

  test('what is wrong is found', async () => {
    await expect(
      validate([capXml(capMessage(notification(1), CAP_OPTIONS)).replace('<scope>', '<status>')]),
    ).rejects.toThrow()
  })
})
