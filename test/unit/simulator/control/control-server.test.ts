import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ControlServer } from '../../../../simulator/control/control-server.ts'
import { createSimulation, type Simulation } from '../../../../simulator/runner.ts'
import { HEAD, scenarioOf } from '../scenarios.ts'

const LINE_ONLY = HEAD.replace(/ {2}- \{ id: tag.*\n/, '')
const scenario = scenarioOf(`${LINE_ONLY}timeline:\n  - { at: 30s, device: radar, point: level, to: 0.6, over: 30s }\n`)

let simulation: Simulation
let server: ControlServer
beforeAll(async () => {
  simulation = createSimulation(scenario, { holds: true })
  await simulation.start()
  server = new ControlServer({ scenario, simulation, speed: 1, port: 0 })
  await server.start()
})
afterAll(async () => {
  await server.stop()
  await simulation.stop()
})

interface Asked {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(what: string, { body, headers = { 'content-type': 'application/json' } }: Asked = {}) {
  const [method = '', path = ''] = what.split(' ')
  const asking = request(`${server.url}${path}`, { method, headers, agent: false })
  asking.end(body)
  const [answer] = await once(asking, 'response')
  return { status: answer.statusCode as number, headers: answer.headers, body: JSON.parse(await text(answer)) }
}

describe('the control of a running simulator', () => {
  afterEach(() => {
    simulation.setValue('radar', 'level', null)
    simulation.setFault('radar', null)
    simulation.setLineFault('cabinet', null)
  })

  it('tells what there is', async () => {
    const { body } = await ask('GET /state')
    expect(body).toMatchObject({ isServing: true, story: 'waiting', seconds: 0, durationSeconds: 60, speed: 1 })
    expect(body.lines).toEqual([
      { id: 'cabinet', type: 'modbus-tcp', port: simulation.ports().get('cabinet'), isUp: true, fault: null },
    ])
    expect(body.devices[0]).toEqual({ id: 'radar', profile: 'dfrobot-sen0676', fault: null })
    expect((await ask('GET /')).body.requests).toContain('PUT /devices/{device}/values/{point}')
  })

  it('sets a value and gives it back to the scenario', async () => {
    const set = await ask('PUT /devices/radar/values/level', { body: '{ "value": 0.6 }' })
    expect(set.body).toMatchObject({ id: 'radar', values: { level: 0.6 }, setPoints: ['level'] })
    expect(simulation.deviceState('radar').values.level).toBe(0.6)
    const back = await ask('DELETE /devices/radar/values/level')
    expect(back.body).toMatchObject({ values: { level: 0.1 }, setPoints: [] })
  })

  it('injects faults in the words of a scenario file, and clears them', async () => {
    const late = await ask('PUT /devices/radar/fault', { body: '{ "fault": "late", "by": "3s", "every": 10 }' })
    expect(late.body).toMatchObject({ fault: { type: 'late', ms: 3000, every: 10 }, isFaultSet: true })
    expect((await ask('DELETE /devices/radar/fault')).body).toMatchObject({ fault: null, isFaultSet: false })
    const frozen = await ask('PUT /lines/cabinet/fault', { body: '{ "fault": "frozen" }' })
    expect(frozen.body).toMatchObject({ id: 'cabinet', fault: { type: 'frozen' }, isUp: true })
    expect((await ask('DELETE /lines/cabinet/fault')).body).toMatchObject({ fault: null })
  })

  it('lets the story begin and stand still, and stops and starts everything', async () => {
    expect((await ask('POST /begin')).body).toMatchObject({ story: 'running' })
    const paused = (await ask('POST /pause')).body
    expect(paused).toMatchObject({ story: 'paused' })
    expect((await ask('GET /state')).body.seconds).toBe(paused.seconds)
    expect((await ask('POST /lines/cabinet/stop')).body).toMatchObject({ isUp: false })
    expect((await ask('POST /lines/cabinet/start')).body).toMatchObject({ isUp: true })
    expect((await ask('POST /stop')).body).toMatchObject({ isServing: false, story: 'waiting' })
    expect((await ask('POST /begin')).body).toEqual({ error: 'the simulation is stopped; start it first' })
    // Asked at the same moment, one after the other.
    const [first, second] = await Promise.all([ask('POST /start'), ask('POST /begin')])
    expect([first.body.isServing, second.status]).toEqual([true, 200])
  })

  it.each<[string, string | undefined, number, string]>([
    ['GET /nowhere', undefined, 404, 'there is no /nowhere; GET / tells what there is'],
    ['GET /devices/%ff', undefined, 400, 'the path is wrongly encoded'],
    ['GET /devices/__proto__', undefined, 404, 'the scenario has no device "__proto__"'],
    ['GET /devices/rader', undefined, 404, 'the scenario has no device "rader"; did you mean "radar"?'],
    ['PATCH /state', undefined, 405, 'PATCH is not for /state; expected GET'],
    ['POST /devices/radar/fault', '{}', 405, 'POST is not for /devices/radar/fault; expected PUT, DELETE'],
    ['PUT /devices/radar/values/level', undefined, 400, 'expected a JSON object as the body, got nothing'],
    ['PUT /devices/radar/values/level', '{ value: 1 }', 400, 'the body is no JSON: '],
    ['PUT /devices/radar/values/level', '{ "value": "1" }', 422, 'value: expected a number, got "1"'],
    ['PUT /devices/radar/values/level', '{ "valeu": 1 }', 422, 'unknown key "valeu"; did you mean "value"?'],
    ['PUT /devices/radar/values/levle', '{ "value": 1 }', 422, 'levle'],
    ['PUT /devices/radar/values/level', '{ "value": 1e9 }', 422, 'device "radar": '],
    ['PUT /devices/radar/fault', '{}', 422, 'missing key "fault"'],
    ['PUT /devices/radar/fault', '{ "fault": "sillent" }', 422, 'did you mean "silent"?'],
    ['PUT /devices/radar/fault', '{ "fault": "silent", "by": "3s" }', 422, '"by" belongs to the faults late, slow'],
    ['PUT /devices/radar/fault', '{ "fault": "cut" }', 422, 'cut is a fault of a whole line'],
    ['PUT /devices/radar/fault', '{ "fault": "bad-crc" }', 422, 'Modbus TCP has no checksum'],
    ['PUT /devices/radar/fault', '{ "fault": "stuck" }', 422, 'stuck is a fault of a point'],
    ['PUT /lines/cabinet/fault', '{ "fault": "offline" }', 422, 'for a whole line it is "cut"'],
    ['POST /pause', '{ "now": true }', 422, 'unknown key "now"'],
    ['PUT /devices/radar/fault', `${'['.repeat(8000)}${']'.repeat(8000)}`, 422, ''],
  ])('refuses %s with %s', async (what, body, status, message) => {
    const before = JSON.stringify(simulation.deviceState('radar'))
    const answer = await ask(what, body === undefined ? {} : { body })
    expect(answer.body.error).toContain(message)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(simulation.deviceState('radar'))).toBe(before)
  })
})

describe('who may control a simulator', () => {
  const json = { 'content-type': 'application/json' }

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['a page of another place', { ...json, origin: 'https://example.org' }, 403],
    ['a page of this machine', { ...json, origin: 'http://127.0.0.1:3000' }, 403],
    ['a page without an origin', { ...json, 'sec-fetch-site': 'cross-site' }, 403],
    ['a name that another one gave to this machine', { ...json, host: 'rebound.example.org' }, 403],
    ['the right name at another port', { ...json, host: '127.0.0.1:1' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', { 'content-type': 'text/plain' }, 415],
    ['something without a type', {}, 415],
  ])('is not %s', async (_, headers, status) => {
    const answer = await ask('PUT /devices/radar/fault', { headers, body: '{"fault":"silent"}' })
    expect(answer.status).toBe(status)
    expect(simulation.deviceState('radar').fault).toBe(null)
  })

  it('is nobody elsewhere', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('is nobody who says more than fits, announced or not', async () => {
    const body = JSON.stringify({ fault: 'silent', by: 'x'.repeat(20_000) })
    expect((await ask('PUT /devices/radar/fault', { body })).status).toBe(413)
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => {})
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    socket.write(
      `PUT /devices/radar/fault HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
    )
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })
})
