/** Control of a running simulation: what may be asked, and what is done. Knows nothing of HTTP but its words. */
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { Simulation, StoryState } from '../runner.ts'
import type { Scenario, SimulatedDevice } from '../scenario.ts'
import { type ControlAnswer, ControlRefusal } from './control-answer.ts'
import { checkEmpty, deviceFaultIn, lineFaultIn, valueIn } from './control-body.ts'

export interface ControlRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** '' for none. */
  readonly body: string
}

export interface ControlDeskOptions {
  readonly scenario: Scenario
  readonly simulation: Simulation
  readonly speed: number
}

/** What `GET /state` answers. */
export interface ControlState {
  readonly name: Scenario['name']
  /** False: all devices are stopped. */
  readonly isServing: boolean
  readonly story: StoryState
  readonly seconds: number
  /** When the last step is done. */
  readonly durationSeconds: number
  readonly repeatEverySeconds: number | null
  readonly speed: number
  readonly lines: readonly LineSummary[]
  readonly devices: readonly DeviceSummary[]
}

interface LineSummary {
  readonly id: string
  readonly type: string
  readonly port: number | null
  readonly isUp: boolean
  /** Its type; null: none. */
  readonly fault: string | null
}

interface DeviceSummary {
  readonly id: string
  readonly profile: string
  readonly fault: string | null
}

type Handler = (...names: readonly string[]) => object | Promise<object>
interface Route {
  readonly path: readonly string[]
  readonly methods: Readonly<Record<string, (body: string) => Handler>>
}

export class ControlDesk {
  readonly #options: ControlDeskOptions
  readonly #routes: readonly Route[]
  #isServing = true
  /** One change after the other. */
  #changing: Promise<unknown> = Promise.resolve()

  /** Of a simulation that has been started. */
  constructor(options: ControlDeskOptions) {
    this.#options = options
    this.#routes = this.#createRoutes()
  }

  /** Never rejects for what is asked. */
  async answer(request: ControlRequest): Promise<ControlAnswer> {
    const answering = request.method === 'GET' ? this.#carryOut(request) : this.#inTurn(request)
    try {
      return { status: 200, body: await answering }
    } catch (error) {
      if (error instanceof ControlRefusal) return error.answer
      if (error instanceof RangeError) return { status: 422, body: { error: error.message } }
      return { status: 500, body: { error: error instanceof Error ? error.message : String(error) } }
    }
  }

  #inTurn(request: ControlRequest): Promise<object> {
    const turn = this.#changing.then(() => this.#carryOut(request))
    this.#changing = turn.catch(() => {})
    return turn
  }

  async #carryOut({ method, path, body }: ControlRequest): Promise<object> {
    const parts = partsOf(path)
    const route = this.#routes.find((each) => fits(each.path, parts))
    if (route === undefined)
      throw new ControlRefusal(404, `there is no ${path.slice(0, 200)}; GET / tells what there is`)
    const make = Object.hasOwn(route.methods, method) ? route.methods[method] : undefined
    if (make === undefined) {
      const allow = Object.keys(route.methods).join(', ')
      throw new ControlRefusal(405, `${method} is not for ${path}; expected ${allow}`, { allow })
    }
    const names = parts.filter((_, i) => route.path[i]?.startsWith('{'))
    return await make(body)(...names)
  }

  #createRoutes(): readonly Route[] {
    const { simulation, scenario } = this.#options
    const bare = (handler: Handler) => (body: string) => {
      checkEmpty(body)
      return handler
    }
    const story = (change: () => void) =>
      bare(() => {
        this.#needServing()
        change()
        return this.#story()
      })
    return [
      route('/', { GET: bare(() => ({ requests: this.#requests() })) }),
      route('/state', { GET: bare(() => this.#state()) }),
      route('/start', { POST: bare(() => this.#start()) }),
      route('/stop', { POST: bare(() => this.#stop()) }),
      route('/begin', { POST: story(() => simulation.begin()) }),
      route('/pause', { POST: story(() => simulation.pause()) }),
      route('/devices/{device}', { GET: bare((id = '') => this.#deviceState(id)) }),
      route('/devices/{device}/values/{point}', {
        PUT:
          (body) =>
          (id = '', point = '') =>
            this.#setValue(id, { point, value: valueIn(body) }),
        DELETE: bare((id = '', point = '') => this.#setValue(id, { point, value: null })),
      }),
      route('/devices/{device}/fault', {
        PUT:
          (body) =>
          (id = '') => {
            simulation.setFault(id, deviceFaultIn(body, this.#device(id), scenario))
            return this.#deviceState(id)
          },
        DELETE: bare((id = '') => {
          this.#device(id)
          simulation.setFault(id, null)
          return this.#deviceState(id)
        }),
      }),
      ...this.#lineRoutes(bare),
    ]
  }

  #lineRoutes(bare: (handler: Handler) => (body: string) => Handler): readonly Route[] {
    const { simulation, scenario } = this.#options
    const change =
      (what: (id: string) => unknown): Handler =>
      async (id = '') => {
        this.#line(id)
        await what(id)
        return this.#lineState(id)
      }
    return [
      route('/lines/{line}', { GET: bare((id = '') => this.#lineState(id)) }),
      route('/lines/{line}/fault', {
        PUT: (body) => change((id) => simulation.setLineFault(id, lineFaultIn(body, id, scenario))),
        DELETE: bare(change((id) => simulation.setLineFault(id, null))),
      }),
      route('/lines/{line}/stop', { POST: bare(change((id) => simulation.stopLine(id))) }),
      route('/lines/{line}/start', {
        POST: bare(
          change((id) => {
            this.#needServing()
            return simulation.startLine(id)
          }),
        ),
      }),
    ]
  }

  #requests(): readonly string[] {
    return this.#routes.flatMap(({ path, methods }) => Object.keys(methods).map((each) => `${each} /${path.join('/')}`))
  }

  async #start(): Promise<object> {
    await this.#options.simulation.start()
    this.#isServing = true
    return this.#story()
  }

  async #stop(): Promise<object> {
    this.#isServing = false
    await this.#options.simulation.stop()
    return this.#story()
  }

  #needServing(): void {
    if (!this.#isServing) throw new ControlRefusal(409, 'the simulation is stopped; start it first')
  }

  #story() {
    const { simulation, speed } = this.#options
    const isServing = this.#isServing
    return { isServing, story: simulation.storyState(), seconds: simulation.elapsedSeconds(), speed }
  }

  #state(): ControlState {
    const { scenario, simulation } = this.#options
    const { name, durationSeconds, repeatEverySeconds, devices, lines } = scenario
    const faultOf = (fault: { readonly type: string } | null): string | null => fault?.type ?? null
    return {
      ...{ name, durationSeconds, repeatEverySeconds, ...this.#story() },
      lines: [...lines].map(([id, { type }]) => {
        const { port, isUp, fault } = simulation.lineState(id)
        return { id, type, port, isUp, fault: faultOf(fault) }
      }),
      devices: [...devices.values()].map(({ id, profile }) => {
        return { id, profile: profile.id, fault: faultOf(simulation.deviceState(id).fault) }
      }),
    }
  }

  #setValue(id: string, { point, value }: { readonly point: string; readonly value: number | null }): object {
    this.#device(id)
    this.#options.simulation.setValue(id, point, value)
    return this.#deviceState(id)
  }

  #deviceState(id: string): object {
    const { profile } = this.#device(id)
    return { id, profile: profile.id, ...this.#options.simulation.deviceState(id) }
  }

  #lineState(id: string): object {
    this.#line(id)
    const stats = this.#options.simulation.lineStats().get(id)
    return { id, ...this.#options.simulation.lineState(id), ...stats }
  }

  #device(id: string): SimulatedDevice {
    const device = this.#options.scenario.devices.get(id)
    if (device === undefined) throw unknown('device', { id, ids: this.#options.scenario.devices.keys() })
    return device
  }

  #line(id: string): void {
    const { lines } = this.#options.scenario
    if (!lines.has(id)) throw unknown('line', { id, ids: lines.keys() })
  }
}

function unknown(what: string, { id, ids }: { readonly id: string; readonly ids: Iterable<string> }): ControlRefusal {
  const short = id.slice(0, 100)
  return new ControlRefusal(404, `the scenario has no ${what} "${short}"${suggestion(short, ids)}`)
}

function route(path: string, methods: Route['methods']): Route {
  return { path: path.split('/').filter((part) => part !== ''), methods }
}

function partsOf(path: string): readonly string[] {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
  } catch {
    throw new ControlRefusal(400, 'the path is wrongly encoded')
  }
}

function fits(path: readonly string[], parts: readonly string[]): boolean {
  return path.length === parts.length && path.every((part, i) => part.startsWith('{') || part === parts[i])
}
