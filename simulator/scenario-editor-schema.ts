/** Writes `scenario.schema.json`, which editors use to help with scenarios. Run: node simulator/scenario-editor-schema.ts */
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { editorSchemaText } from '../device-profiles/editor-schema.ts'
import { ScenarioFile } from './scenario-schema.ts'

const KEYS: Readonly<Record<string, string>> = {
  name: 'what it is about, in both languages',
  broker: 'where the MQTT devices speak',
  lines: 'Modbus lines that are served: modbus-tcp, modbus-rtu, modbus-rtu-over-tcp',
  devices: 'the simulated units',
  timeline: 'what happens, in the time of the story',
  expect: 'what the gateway must tell, and by when',
  profile: 'the id of a device profile; "outpost profiles list" shows all',
  line: 'the id of one of the lines',
  unitId: 'address on the line, 1 to 247',
  address: 'its own part of the topic',
  values: 'what its points show in the beginning',
  noise: 'standard deviation of each point, in its unit',
  at: 'when, in the time of the story',
  device: 'the id of one of the devices',
  point: 'the id of one of its points',
  to: 'the value it gets',
  say: 'words for the timetable',
  fault: 'what goes wrong',
  recorded: 'values from a CSV file',
  host: 'name or address',
  port: 'TCP port; 0 takes any free one',
  type: 'which of the alternatives it is',
  id: 'its name in this file',
  parameters: 'what the profile asks of each unit, as installation-height',
  priority: 'low, medium, high or urgent',
  baudRate: 'bits per second: what comes is paced to it',
  parity: 'none, even or odd',
  stopBits: '1 or 2',
  path: 'of the pseudo terminal that is made',
  levels: 'levels of the topic, as the site has chosen them',
  of: 'of the fault foreign: what the frame that nobody asked for is of',
  place: 'of the fault foreign: on which side of the right answer it stands; before if absent',
  plus: 'of the fault other-unit: what is added',
}

export function scenarioSchemaText(): string {
  const root = join(import.meta.dirname, '..')
  const files = globSync(['simulator/**/*schema.ts', 'device-profiles/*schema.ts'], { cwd: root }).sort()
  const sources = files
    .filter((file) => !file.endsWith('editor-schema.ts'))
    .map((file) => pathToFileURL(join(root, file)))
  return editorSchemaText(ScenarioFile, {
    ...{ title: 'Outpost scenario', sources, descriptions: KEYS, takesVariables: true },
  })
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'scenario.schema.json'), scenarioSchemaText())
