/** What a control request may say, checked by the words of scenario files. */
import { type Static, Type } from 'typebox'
import { compileSchema, type SchemaCheck } from '../../device-profiles/schema-check.ts'
import { parseYamlDocument } from '../../device-profiles/yaml-document.ts'
import type { DeviceFault } from '../message-fault.ts'
import type { LineFault } from '../modbus/unit-fault.ts'
import type { Scenario, SimulatedDevice } from '../scenario.ts'
import { checkFault, checkFaultKeys, deviceFaultOf, lineFaultOf } from '../scenario-faults.ts'
import { isPointFaultType, Step, type StepEntry } from '../scenario-schema.ts'
import { ControlRefusal } from './control-answer.ts'

const strict = { additionalProperties: false } as const
const Value = Type.Object({ value: Type.Number() }, strict)
const Fault = Type.Object(
  {
    ...Type.Pick(Step, ['every', 'share', 'by', 'code', 'times', 'of', 'place', 'offset']).properties,
    fault: Type.Required(Type.Pick(Step, ['fault'])).properties.fault,
  },
  strict,
)
const Nothing = Type.Object({}, strict)

const checks = { value: compileSchema(Value), fault: compileSchema(Fault), nothing: compileSchema(Nothing) }

/** Throws a ControlRefusal, as all here. */
export function valueIn(body: string): number {
  return (checked(body, checks.value) as Static<typeof Value>).value
}

/** Of a request that says all in its path. */
export function checkEmpty(body: string): void {
  if (body !== '') checked(body, checks.nothing)
}

export function deviceFaultIn(body: string, device: SimulatedDevice, { lines }: Pick<Scenario, 'lines'>): DeviceFault {
  const step = faultIn(body)
  refuseProblems((report) => checkFault(step, { device, lines, report }))
  return deviceFaultOf(step, device)
}

export function lineFaultIn(body: string, line: string, { lines }: Pick<Scenario, 'lines'>): LineFault {
  const step = faultIn(body)
  refuseProblems((report) => checkFault(step, { line, lines, report }))
  return lineFaultOf(step)
}

function faultIn(body: string): StepEntry & { readonly fault: NonNullable<StepEntry['fault']> } {
  const entry = checked(body, checks.fault) as Static<typeof Fault>
  if (isPointFaultType(entry.fault)) {
    throw new ControlRefusal(
      422,
      `${entry.fault} is a fault of a point, which only a timeline can bring; set a value instead`,
    )
  }
  const step = { at: '0s', ...entry }
  refuseProblems((report) => checkFaultKeys(step, report))
  return step
}

function refuseProblems(check: (report: (key: string, message: string) => void) => void): void {
  const problems: string[] = []
  check((key, message) => problems.push(`${key}: ${message}`))
  if (problems.length > 0) throw new ControlRefusal(422, problems.join('; '))
}

/** A JSON text is a YAML one too, whose problems come with their paths. */
function checked(body: string, check: SchemaCheck): unknown {
  if (body === '') throw new ControlRefusal(400, 'expected a JSON object as the body, got nothing')
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new ControlRefusal(400, `the body is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const problems = check(parseYamlDocument(JSON.stringify(value), 'body'))
  if (problems.length === 0) return value
  const texts = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  throw new ControlRefusal(422, texts.join('; '))
}
