/**
 * What a person reports, told over CAP, a chat robot, e-mail and a siren by a whole gateway, acknowledged by the Ack of the CAP receiver,
 * and closed after a restart.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Alarm } from '../../gateway/alarm-model.ts'
import { type App, createApp } from '../../gateway/app.ts'
import { capAcknowledgement } from '../../gateway/channels/cap/cap-message.ts'
import { capXml } from '../../gateway/channels/cap/cap-xml.ts'
import { readXml, type XmlElement } from '../../gateway/channels/cap/xml-reader.ts'
import { systemClock } from '../../gateway/clock.ts'
import { loadConfig } from '../../gateway/config/load.ts'
import type { NotificationView } from '../../gateway/http/dispatch-view.ts'
import { capProblems, isNamed, text } from '../support/cap-rules.ts'
import { memoryLog } from '../support/http.ts'
import { type HttpReceiver, type ReceivedRequest, startReceiver, status } from '../support/http-receiver.ts'
import { freePort } from '../support/server-process.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

interface World {
  readonly bureau: HttpReceiver
  readonly robot: HttpReceiver
  readonly mail: SmtpServer
  readonly ports: { readonly http: number; readonly mqtt: number }
}

async function createWorld(): Promise<World> {
  const bureau = await startReceiver()
  const robot = await startReceiver(status(200, {}, '{"errcode":0,"errmsg":"ok"}'))
  const mail = await startSmtpServer()
  cleanUps.push(
    () => bureau.close(),
    () => robot.close(),
    () => mail.close(),
  )
  return { bureau, robot, mail, ports: { http: await freePort(), mqtt: await freePort() } }
}

function configurationOf({ bureau, robot, mail, ports }: World): object {
  const open = { authentication: { type: 'anonymous-on-loopback' } }
  const on = { command: 'sound', value: 60 }
  return {
    gateway: { id: 'station-1', dataDirectory: './data' },
    station: {
      ...{ id: 'longtian', name: { zh: '龙田站', en: 'Longtian' }, type: 'community', address: '龙田路 1 号' },
      ...{ timeZone: 'Asia/Shanghai', duty: { type: 'roster', shifts: [{ id: 'all-day', people: ['chen'] }] } },
      area: { type: 'circle', centre: { latitude: 22.73, longitude: 114.36 }, radiusMetres: 900 },
    },
    people: [
      {
        id: 'chen',
        name: '陈志强',
        phone: '13800000000',
        addresses: { mail: 'chen@example.org', group: '13800000000' },
      },
    ],
    http: { port: ports.http, ...open },
    broker: { port: ports.mqtt, ...open },
    devices: [{ id: 'siren', place: '门厅', profile: 'heiman-hs2wd-e', broker: 'embedded', address: 'siren' }],
    dispatch: {
      channels: [
        { id: 'bureau', type: 'cap', url: `${bureau.url}/cap`, division: '440310' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
        { id: 'group', type: 'wecom', url: robot.url, token: '${ROBOT_KEY}' },
        {
          id: 'mail',
          type: 'email',
          host: '127.0.0.1',
          port: mail.port,
          security: 'none',
          from: 'outpost@example.org',
        },
        { id: 'hall', type: 'device-command', device: 'siren', on, off: { command: 'stop' } },
      ],
      routes: [{ id: 'all', channels: ['bureau', 'group', 'mail', 'hall'] }],
    },
  }
}

async function startGateway(file: string): Promise<App> {
  const load = () => loadConfig(file, { environment: { ROBOT_KEY: 'robot-key' } })
  const first = load()
  if (!first.ok) throw new Error(first.problems.map(({ message }) => message).join('\n'))
  const app = createApp(first.config, { clock: systemClock, log: { ...memoryLog(), level: 'info' }, reload: load })
  await app.start()
  return app
}

interface Station extends World {
  readonly api: string
  post(path: string, body: object): Promise<Alarm>
  /** The CAP message of this number. */
  message(count: number): Promise<XmlElement>
  restart(): Promise<void>
}

async function startStation(): Promise<Station> {
  const world = await createWorld()
  const folder = mkdtempSync(join(tmpdir(), 'outpost-channels-'))
  const file = join(folder, 'outpost.yaml')
  writeFileSync(file, stringify(configurationOf(world)))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  let app = await startGateway(file)
  cleanUps.push(() => app.stop())
  const api = `http://127.0.0.1:${world.ports.http}/api`
  return {
    ...world,
    api,
    async post(path, body) {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${api}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(response.status, await response.clone().text()).toBe(200)
      return (await response.json()) as Alarm
    },
    message: async (count) => readXml((await world.bureau.received(count)).body),
    async restart() {
      await app.stop()
      app = await startGateway(file)
    },
  }
}

const REPORT = {
  ...{ by: '李梅', type: 'electric-shock', place: '龙田菜场 3 号摊', priority: 'urgent', known: '一人触电，有呼吸' },
}

test('Alert, Updates and Cancel with their references over an Ack and a restart', async () => {
  const { bureau, robot, mail, ports, api, post, message, restart } = await startStation()
  const sounded = await hearSiren(ports.mqtt)
  const { id } = await post('/reports', REPORT)
  const alert = await message(1)
  expect(await sounded.next()).toMatchObject({ warning: { mode: 'emergency', duration: 60 } })
  const said = (await robot.received(1)).body
  expect(JSON.parse(said)).toMatchObject({ msgtype: 'text', text: { mentioned_mobile_list: ['13800000000'] } })
  expect(said).toContain('一人触电，有呼吸')
  await expect.poll(() => mail.mails.map(({ to }) => to)).toEqual([['chen@example.org']])

  // The receiver takes it on, and the alarm is acknowledged in its name.
  const own = { identifier: 'ack-7', sender: 'pingshan-bureau', sent: text(alert, 'sent') ?? '', note: '已派员' }
  const ack = capXml(capAcknowledgement({ ...own, references: [referenceOf(alert)] }, 'Actual'))
  const headers = { 'content-type': 'application/cap+xml' }
  const answer = await fetch(`${api}/cap`, { method: 'POST', headers, body: ack })
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { notifications: [text(alert, 'identifier')], unknown: [] },
  ])
  const inHand = await message(2)
  expect((await (await fetch(`${api}/alarms/${id}`)).json()) as Alarm).toMatchObject({
    acknowledgedBy: 'pingshan-bureau',
  })
  expect(await sounded.next()).toEqual({ warning: { mode: 'stop' } })

  await restart()
  await post(`/alarms/${id}/comment`, { by: '李梅', comment: '救护车已到' })
  const commented = await message(3)
  await post(`/alarms/${id}/close`, { by: '李梅', comment: '已送医', verdict: 'real' })
  const cancel = await message(4)

  const messages = [alert, inHand, commented, cancel]
  expect(messages.map((one) => text(one, 'msgType'))).toEqual(['Alert', 'Update', 'Update', 'Cancel'])
  for (const [index, one] of messages.entries()) {
    expect(capProblems(one)).toEqual([])
    const before = messages.slice(0, index).map((earlier) => Object.values(referenceOf(earlier)).join(','))
    expect(text(one, 'references') ?? '').toBe(before.join(' '))
  }
  await expectFetched(api, bureau.requests)
})

test('a drill is marked over every channel, and moves no siren', async () => {
  const { robot, api, post, message } = await startStation()
  const drill = { type: 'drill', target: { type: 'station', id: 'longtian' }, minutes: 30 }
  await post('/modes', { ...drill, by: '李梅', comment: '触电救援演练' })
  await post('/reports', { ...REPORT, exercise: true })
  const alert = await message(1)
  expect([text(alert, 'msgType'), text(alert, 'status')]).toEqual(['Alert', 'Exercise'])
  expect(text(alert, 'note')).toMatch(/^drill ./)
  expect((await robot.received(1)).body).toContain('【演练】')
  const toldSiren = async () =>
    (await (await fetch(`${api}/notifications?channel=hall`)).json()) as { notifications: readonly NotificationView[] }
  const detail = async () => (await toldSiren()).notifications[0]?.receipts[0]?.detail
  await expect.poll(detail).toBe('an exercise or a test moves no device here')
})

function referenceOf(message: XmlElement) {
  const of = (name: string): string => text(message, name) ?? ''
  return { sender: of('sender'), identifier: of('identifier'), sent: of('sent') }
}

/** Who fetches gets what was posted. */
async function expectFetched(api: string, posted: readonly ReceivedRequest[]): Promise<void> {
  const feed = readXml(await (await fetch(`${api}/cap`)).text())
  const links = feed.children.filter(isNamed('entry')).map((entry) => text(entry, 'id')?.split(':').at(-1) ?? '')
  expect(links).toHaveLength(posted.length)
  const fetched = await Promise.all(links.map(async (link) => (await fetch(`${api}/cap/${link}`)).text()))
  expect(fetched.reverse()).toEqual(posted.map(({ body }) => body))
}

/** What the siren is told, one after the other. */
async function hearSiren(port: number): Promise<{ next(): Promise<unknown> }> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 })
  cleanUps.push(() => client.endAsync(true))
  const told: unknown[] = []
  let wake = (): void => {}
  client.on('message', (_, payload) => {
    told.push(JSON.parse(payload.toString()))
    wake()
  })
  await client.subscribeAsync('zigbee2mqtt/siren/set')
  return {
    async next() {
      while (told.length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
      return told.shift()
    },
  }
}
