/** What a visitor may change of the demo by environment variables, and whether it can be had. */
import { once } from 'node:events'
import { createServer } from 'node:net'

const PORTS = [
  { key: 'http', variable: 'OUTPOST_HTTP_PORT', fallback: 8080, what: '控制台 console' },
  { key: 'mqtt', variable: 'OUTPOST_MQTT_PORT', fallback: 1883, what: 'MQTT' },
  { key: 'modbus', variable: 'OUTPOST_MODBUS_PORT', fallback: 5020, what: 'Modbus TCP' },
  { key: 'receiver', variable: 'OUTPOST_RECEIVER_PORT', fallback: 8090, what: '派发 dispatch' },
] as const

export interface DemoSettings {
  readonly ports: Readonly<Record<(typeof PORTS)[number]['key'], number>>
  /** How many times faster than life the story is told. */
  readonly speed: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** The settings, or everything that is wrong with the variables. */
export function readSettings(environment: Environment): DemoSettings | { readonly problems: readonly string[] } {
  const problems: string[] = []
  const numberOf = (variable: string, { fallback, fits }: { fallback: number; fits: (value: number) => boolean }) => {
    const text = environment[variable] || String(fallback)
    if (!fits(Number(text))) problems.push(wrongNumber(variable, text))
    return Number(text)
  }
  const ports = PORTS.map(
    ({ key, variable, fallback }) => [key, numberOf(variable, { fallback, fits: isPort })] as const,
  )
  const speed = numberOf('OUTPOST_DEMO_SPEED', { fallback: 1, fits: (value) => value >= 0.1 && value <= 20 })
  for (const [index, { variable }] of PORTS.entries()) {
    const other = ports.findIndex(([, port]) => port === ports[index]?.[1])
    if (other >= 0 && other < index)
      problems.push(`${variable} 与 ${PORTS[other]?.variable} 相同 is the same as ${PORTS[other]?.variable}`)
  }
  return problems.length > 0 ? { problems } : { ports: Object.fromEntries(ports) as DemoSettings['ports'], speed }
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535
}

function wrongNumber(variable: string, text: string): string {
  const expected = variable === 'OUTPOST_DEMO_SPEED' ? '0.1 … 20' : '1 … 65535'
  return `${variable}：应为 expected ${expected}，实际 got ${JSON.stringify(text)}`
}

/** The variables that hand the ports on to the configuration, the scenario and the receiver. */
export function portVariables({ ports }: DemoSettings): Readonly<Record<string, string>> {
  return Object.fromEntries(PORTS.map(({ key, variable }) => [variable, String(ports[key])]))
}

/** One sentence for each port that another program has, with the way out. */
export async function takenPorts({ ports }: DemoSettings): Promise<readonly string[]> {
  const found = await Promise.all(
    PORTS.map(async ({ key, variable, what }) => {
      const code = await whyTaken(ports[key])
      if (code === null) return []
      return [
        `端口 ${ports[key]}（${what}）不可用 port ${ports[key]} cannot be used: ${code}\n` +
          `  关闭占用它的程序，或换一个端口 stop the program that has it, or choose another port: ` +
          `${variable}=${ports[key] + 1000 <= 65_535 ? ports[key] + 1000 : ports[key] - 1000} npm start`,
      ]
    }),
  )
  return found.flat()
}

async function whyTaken(port: number): Promise<string | null> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    server.close()
  }
}
