/** `load`: thousands of devices on one gateway; how much it takes, how fast, and what is lost. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LineError } from '../line-error.ts'
import { LoadError } from '../load/load-error.ts'
import { HIGHEST_RATE, type LoadPlan, MOST_DEVICES, MOST_SECONDS } from '../load/load-plan.ts'
import { type LoadOptions, runLoad } from '../load/load-run.ts'
import { isCarried, limitOf, loadText } from '../load/load-text.ts'
import { GatewayError } from '../verdict/gateway-error.ts'
import { ProgressLine } from './progress-line.ts'
import { interruption } from './stop-signal.ts'
import { numberOption, UsageError } from './usage-error.ts'

const NOT_CARRIED = 1
const NOT_MEASURED = 2
const MQTT_PORT = 1883

interface LoadArguments extends Pick<LoadOptions, 'broker' | 'keep'> {
  readonly plan: LoadPlan
  readonly json: string | undefined
}

/** Resolves with the exit code: 0 all was carried, 1 it was not, 2 nothing could be measured. Throws a UsageError. */
export async function loadCommand(args: readonly string[]): Promise<number> {
  const { plan, json, ...given } = readArguments(args)
  const signal = interruption(NOT_MEASURED)
  const line = new ProgressLine(process.stderr)
  try {
    const result = await runLoad(plan, { ...given, signal, onProgress: (text) => line.text(text) })
    line.clear()
    process.stdout.write(loadText(result))
    const isGood = isCarried(result)
    if (json !== undefined) {
      writeFileSync(json, `${JSON.stringify({ ...result, limit: limitOf(result), isCarried: isGood }, null, 2)}\n`)
    }
    return isGood ? 0 : NOT_CARRIED
  } catch (error) {
    line.clear()
    if (signal.aborted) process.stderr.write('simulator: stopped before its end\n')
    // What is no fault of the gateway or of the field is a fault of this program, and shall be seen as one.
    else if (isExpected(error)) process.stderr.write(`simulator: ${(error as Error).message}\n`)
    else throw error
    return NOT_MEASURED
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof LoadError || error instanceof GatewayError || error instanceof LineError
}

function readArguments(args: readonly string[]): LoadArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ protocol: { type: 'string' }, devices: { type: 'string' }, rate: { type: 'string' } },
      ...{
        seconds: { type: 'string' },
        broker: { type: 'string' },
        keep: { type: 'string' },
        json: { type: 'string' },
      },
    },
  })
  const { protocol = 'mqtt', broker, keep, json } = values
  if (protocol !== 'mqtt' && protocol !== 'modbus') {
    throw new UsageError(`--protocol: expected mqtt or modbus, got "${protocol}"`)
  }
  const whole = (name: 'devices' | 'seconds', { otherwise, most }: { otherwise: number; most: number }): number =>
    numberOption(values[name], {
      ...{ name, otherwise, expected: `a whole number from 1 to ${most}` },
      fits: (value) => Number.isInteger(value) && value >= 1 && value <= most,
    })
  const devices = whole('devices', { otherwise: 1000, most: MOST_DEVICES })
  const seconds = whole('seconds', { otherwise: 20, most: MOST_SECONDS })
  const plan = { protocol, devices, rate: rateOption(values.rate), seconds } as const
  if (broker !== undefined && protocol === 'modbus') throw new UsageError('--broker is for MQTT only')
  if (broker !== undefined && keep !== undefined) {
    throw new UsageError('--keep is for a gateway that is started here; it cannot stand beside --broker')
  }
  return { plan, json, keep, broker: broker === undefined ? null : brokerOption(broker) }
}

/** Null: as fast as it goes. */
function rateOption(given: string | undefined): number | null {
  if (given === 'max') return null
  return numberOption(given, {
    ...{ name: 'rate', otherwise: 1000, expected: `max, or a number above 0 and at most ${HIGHEST_RATE}` },
    fits: (value) => value > 0 && value <= HIGHEST_RATE,
  })
}

/** Its account is in the environment, because everybody may read a command line. */
function brokerOption(given: string): LoadOptions['broker'] {
  const match = /^mqtt:\/\/([^\s/:@?#]+|\[[0-9a-f:]+\])(?::(\d+))?\/?$/.exec(given)
  if (match === null)
    throw new UsageError(`--broker: expected mqtt://host:port, got "${given.replace(/\/\/.*@/, '//…@')}"`)
  const [, host = '', port] = match
  const { OUTPOST_LOAD_USERNAME: username, OUTPOST_LOAD_PASSWORD: password } = process.env
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? MQTT_PORT), username, password }
}
