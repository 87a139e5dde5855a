/** Writes whose answer is lost, on lines where it may still come: nothing is written a second time, the read-back decides. */
import { expect, onTestFinished, test } from 'vitest'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { problemText } from '../../device-profiles/yaml-document.ts'
import { createSimulation, type Simulation } from '../../simulator/runner.ts'
import { parseScenario } from '../../simulator/scenario-file.ts'
import type { ControlOnLine } from '../support/control-on-line.ts'
import { startControl } from '../support/control-on-line.ts'

const TIMEOUT_MS = 400
const catalogue = loadCatalogue()

async function start(type: 'modbus-tcp' | 'modbus-rtu-over-tcp'): Promise<{ field: Simulation; room: ControlOnLine }> {
  const text = `name: { zh: 试, en: Test }
lines: [{ id: cabinet, type: ${type}, host: 127.0.0.1, port: 0 }]
devices:
  - { id: tower, profile: patlite-la6-poe, line: cabinet, unitId: 1, values: { buzzer: 0, light-1: 0 } }
`
  const result = parseScenario(text, { file: 'scenario.yaml', profiles: catalogue, environment: {} })
  if ('problems' in result) throw new Error(result.problems.map(problemText).join('\n'))
  const field = createSimulation(result.scenario, { speed: 0 })
  await field.start()
  onTestFinished(() => field.stop())
  const transport = { type, host: '127.0.0.1', port: field.ports().get('cabinet') as number }
  const room = await startControl({ transport, profile: 'patlite-la6-poe', timeoutMs: TIMEOUT_MS })
  onTestFinished(() => room.stop())
  return { field, room }
}

/** Once the station has so many requests. */
async function asked(field: Simulation, requests: number): Promise<void> {
  await expect.poll(() => field.lineStats().get('cabinet')?.requests, { interval: 2 }).toBe(requests)
}

const writesOf = ({ exchanges }: { readonly exchanges: readonly { readonly step: string }[] }) =>
  exchanges.filter(({ step }) => step === 'write').length

for (const type of ['modbus-tcp', 'modbus-rtu-over-tcp'] as const) {
  test(`${type}: carried out, and its answer lost: what is read back confirms it`, async () => {
    const { field, room } = await start(type)
    field.setFault('tower', { type: 'lost' })
    const telling = room.tell('light', 2)
    await asked(field, 1)
    field.setFault('tower', null)
    const record = await telling
    expect(record).toMatchObject({ state: 'confirmed', shown: 2 })
    expect(writesOf(record)).toBe(1)
  })

  test(`${type}: neither carried out nor answered: it has failed, and was written once`, async () => {
    const { field, room } = await start(type)
    field.setFault('tower', { type: 'silent' })
    const telling = room.tell('light', 2)
    await asked(field, 1)
    field.setFault('tower', null)
    const record = await telling
    expect(record).toMatchObject({ state: 'failed', shown: 0 })
    expect(writesOf(record)).toBe(1)
    // The line goes on as if nothing had been.
    expect(await room.tell('light', 1)).toMatchObject({ state: 'confirmed', shown: 1 })
  })
}
