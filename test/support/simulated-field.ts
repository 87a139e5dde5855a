/** The field devices of a test, played by the simulator. The scenario stands still: only the test changes them. */
import { stringify } from 'yaml'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { problemText } from '../../device-profiles/yaml-document.ts'
import { createSimulation, type Simulation } from '../../simulator/runner.ts'
import { parseScenario } from '../../simulator/scenario-file.ts'
import { FIELD_USER } from './gateway-process.ts'

export interface FieldPlan {
  /** As in a scenario file; port 0 takes a free one, which `ports()` tells. */
  readonly lines?: readonly object[]
  readonly devices: readonly object[]
}

/** Lines that listen, and MQTT devices that try to reach a broker on `mqttPort` until it is there. */
export async function startField(plan: FieldPlan, { mqttPort }: { readonly mqttPort: number }): Promise<Simulation> {
  const text = stringify({
    name: { zh: '测试', en: 'Test' },
    broker: { url: `mqtt://127.0.0.1:${mqttPort}`, username: FIELD_USER.name, password: FIELD_USER.password },
    ...plan,
  })
  const result = parseScenario(text, { file: 'scenario.yaml', profiles: loadCatalogue(), environment: {} })
  if ('problems' in result) throw new Error(result.problems.map(problemText).join('\n'))
  const simulation = createSimulation(result.scenario, { speed: 0 })
  await simulation.start()
  return simulation
}
