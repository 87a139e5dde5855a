/** A scenario that runs: Modbus stations, MQTT devices, and the clock that moves them. */
import { type DeviceState, FieldDevice, type Wire } from './field-device.ts'
import { FieldLine, type LineState } from './field-line.ts'
import { LineError } from './line-error.ts'
import { type DeviceFault, isMessageFault } from './message-fault.ts'
import { createBank, forgetValues, writeValues } from './modbus/device-registers.ts'
import { ModbusStation, type StationStats } from './modbus/station.ts'
import { carryOutCommands } from './modbus/told-commands.ts'
import type { LineFault } from './modbus/unit-fault.ts'
import { MqttDevice, type MqttDeviceCounters } from './mqtt-device.ts'
import { type BrokerAddress, type Scenario, type SimulatedDevice, type StoryLine, storyBetween } from './scenario.ts'
import { machineClock, type SimulationClock } from './simulation-clock.ts'
import { StoryClock } from './story-clock.ts'
import { type Answer, answerTo, commandTopics } from './told-commands.ts'

export interface SimulationOptions {
  /** Scenario seconds per second; 1 if absent. At 0 the scenario stands at its first moment and tells nothing; only the caller changes it. */
  readonly speed?: number
  /** The story begins when all MQTT devices are connected, but so many ms after the start at the latest; at once if absent. */
  readonly waitMs?: number
  /** The story begins when `begin()` is called, not by itself. */
  readonly holds?: boolean
  /** That of the machine if absent. */
  readonly clock?: SimulationClock
  /** Instead of the scenario's broker. */
  readonly broker?: BrokerAddress
  readonly onStory?: (line: StoryLine) => void
  /** What people should know: a broker out of reach, and back. Once per change. */
  readonly onNotice?: (text: string) => void
}

export interface Simulation {
  /** Resolves when every line listens. It does not wait for the broker. Rejects, with nothing left open, when a line cannot. */
  start(): Promise<void>
  /** Idempotent and bounded in time. Started again, the scenario begins anew; values and faults that were set stay. */
  stop(): Promise<void>
  /** The story begins now, or goes on; nothing happens while it is being told. */
  begin(): void
  /** The story stands still, and what devices say with it, until `begin()`. They go on answering. */
  pause(): void
  storyState(): StoryState
  /** Instead of the scenario, also outside the point's range, at once; null gives it back. Throws a RangeError that says why not. */
  setValue(device: string, point: string, value: number | null): void
  /** Instead of the scenario, at once; null gives it back. Throws a RangeError for a fault that the device cannot have. */
  setFault(device: string, fault: DeviceFault | null): void
  /** Instead of the scenario, at once; null gives it back. Throws a RangeError for a fault that the line cannot have. */
  setLineFault(line: string, fault: LineFault | null): void
  /** The TCP port of each line, by its id, once it has listened; serial lines have none. */
  ports(): ReadonlyMap<string, number>
  /** The whole line: masters are dropped and refused, until it is started again on the same port. */
  stopLine(line: string): Promise<void>
  startLine(line: string): Promise<void>
  /** Of scenario time; 0 before the story begins. */
  elapsedSeconds(): number
  /** At this moment. Throws a RangeError for a device, or a line, that the scenario does not have. */
  deviceState(device: string): DeviceState
  lineState(line: string): LineState
  /** By the id of the line and of the MQTT device. */
  lineStats(): ReadonlyMap<string, StationStats>
  messageCounters(): ReadonlyMap<string, MqttDeviceCounters>
}

export type StoryState = 'waiting' | 'running' | 'paused'

const TICK_MS = 100
const SHORTEST_INTERVAL_MS = 10

/** Nothing is opened before `start()`. */
export function createSimulation(scenario: Scenario, options: SimulationOptions = {}): Simulation {
  return new RunningScenario(scenario, options)
}

class RunningScenario implements Simulation {
  readonly #scenario: Scenario
  readonly #options: SimulationOptions
  readonly #lines = new Map<string, FieldLine>()
  readonly #talkers = new Map<string, MqttDevice>()
  readonly #devices = new Map<string, FieldDevice>()
  /** What to say of the broker, by the devices that do not reach it. */
  readonly #unreached = new Map<string, string>()
  #isWanted = false
  #stopTicks: (() => void) | null = null
  readonly #time: SimulationClock
  readonly #clock: StoryClock
  #beginBy = 0
  #toldUntil = -1

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario
    this.#options = options
    this.#time = options.clock ?? machineClock
    this.#clock = new StoryClock(options.speed ?? 1, this.#time)
    for (const [id, line] of scenario.lines) {
      const station = new ModbusStation(line, { seed: `${scenario.seed} ${id}` })
      const onFailure = (reason: string): void => options.onNotice?.(`line "${id}": ${reason}`)
      this.#lines.set(id, new FieldLine(id, { scenario, station, onFailure }))
    }
    for (const device of scenario.devices.values()) {
      this.#devices.set(device.id, new FieldDevice(device, { scenario, wire: this.#createWire(device) }))
    }
  }

  async start(): Promise<void> {
    if (this.#isWanted) return
    this.#isWanted = true
    try {
      // Before anyone can ask: the first answer is already that of the scenario.
      this.#advance(0)
      for (const [id, line] of this.#lines) await startLine(id, line)
    } catch (error) {
      await this.stop()
      throw error
    }
    if (!this.#isWanted) return this.stop()
    // The story begins when everybody can be asked.
    this.#beginBy = this.#time.now() + (this.#options.waitMs ?? 0)
    this.#toldUntil = -1
    for (const talker of this.#talkers.values()) talker.start()
    this.#beginIfReady()
    if (this.#speed > 0) this.#stopTicks = this.#time.every(TICK_MS, () => this.#tick())
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    this.#clock.reset()
    this.#stopTicks?.()
    this.#stopTicks = null
    const parts = [...this.#talkers.values(), ...this.#lines.values()]
    await Promise.all(parts.map((part) => part.stop()))
    this.#unreached.clear()
  }

  begin(): void {
    if (!this.#isWanted) throw new RangeError('the simulation has not been started')
    if (this.#clock.isPaused) this.#clock.resume()
    else if (!this.#clock.hasBegun) this.#begin()
  }

  pause(): void {
    this.#clock.pause()
  }

  storyState(): StoryState {
    if (!this.#clock.hasBegun) return 'waiting'
    return this.#clock.isPaused ? 'paused' : 'running'
  }

  setValue(device: string, point: string, value: number | null): void {
    const found = this.#device(device)
    found.setValue(point, value)
    found.advance(this.elapsedSeconds())
  }

  setFault(device: string, fault: DeviceFault | null): void {
    const found = this.#device(device)
    found.setFault(fault)
    found.advance(this.elapsedSeconds())
  }

  setLineFault(line: string, fault: LineFault | null): void {
    const found = this.#line(line)
    found.setFault(fault)
    found.advance(this.elapsedSeconds())
  }

  ports(): ReadonlyMap<string, number> {
    const ports = new Map<string, number>()
    for (const [id, { station }] of this.#lines) if (station.port !== null) ports.set(id, station.port)
    return ports
  }

  stopLine(line: string): Promise<void> {
    return this.#line(line).stop()
  }

  startLine(line: string): Promise<void> {
    return startLine(line, this.#line(line))
  }

  elapsedSeconds(): number {
    return this.#clock.seconds()
  }

  deviceState(device: string): DeviceState {
    return this.#device(device).state(this.elapsedSeconds())
  }

  lineState(line: string): LineState {
    return this.#line(line).state(this.elapsedSeconds())
  }

  lineStats(): ReadonlyMap<string, StationStats> {
    return new Map([...this.#lines].map(([id, { station }]) => [id, station.stats()]))
  }

  messageCounters(): ReadonlyMap<string, MqttDeviceCounters> {
    return new Map([...this.#talkers].map(([id, talker]) => [id, talker.counters]))
  }

  get #speed(): number {
    return this.#options.speed ?? 1
  }

  #beginIfReady(): void {
    if (this.#options.holds === true) return
    const isReady = [...this.#talkers.values()].every((talker) => talker.isConnected)
    if (isReady || this.#time.now() >= this.#beginBy) this.#begin()
  }

  #begin(): void {
    this.#clock.begin()
    const [failure] = this.#unreached.values()
    if (failure !== undefined) this.#options.onNotice?.(failure)
  }

  #tick(): void {
    if (!this.#clock.hasBegun) this.#beginIfReady()
    if (!this.#clock.hasBegun) return
    const seconds = this.elapsedSeconds()
    this.#advance(seconds)
    const told = storyBetween(this.#scenario, { after: this.#toldUntil, until: seconds })
    this.#toldUntil = seconds
    for (const line of told) this.#options.onStory?.(line)
  }

  #advance(seconds: number): void {
    for (const line of this.#lines.values()) line.advance(seconds)
    for (const device of this.#devices.values()) device.advance(seconds)
  }

  #createWire(device: SimulatedDevice): Wire {
    return device.connection.type === 'modbus' ? this.#createUnit(device) : this.#createTalker(device)
  }

  #createUnit({ profile, parameters, connection }: SimulatedDevice): Wire {
    if (connection.type !== 'modbus') throw new TypeError('a unit stands on a Modbus line')
    const { line, unitId } = connection
    const bank = createBank(profile)
    const { station } = this.#line(line)
    station.addUnit(unitId, bank, {
      onWritten: (written) => carryOutCommands(bank, { profile, parameters, written }),
    })
    let before: Readonly<Record<string, number>> = {}
    return {
      // Only what has changed: what a master wrote to another point stays.
      write(values) {
        const changed = Object.entries(values).filter(([id, value]) => before[id] !== value)
        forgetValues(bank, { profile, points: Object.keys(before).filter((id) => values[id] === undefined) })
        before = values
        writeValues(bank, { profile, parameters, values: Object.fromEntries(changed) })
      },
      report: () => {},
      setFault(fault) {
        if (fault?.type === 'offline' || fault?.type === 'clock-wrong')
          throw new TypeError(`${fault.type} is no fault of a Modbus unit`)
        station.setFault(unitId, fault)
      },
    }
  }

  #createTalker(device: SimulatedDevice): Wire {
    const { id, profile, parameters, connection } = device
    const broker = this.#options.broker ?? this.#scenario.broker
    if (connection.type !== 'mqtt' || broker === null) throw new TypeError(`device "${id}" needs a broker`)
    const unit = { ...device, connection }
    const intervalMs = Math.max(connection.intervalMs / (this.#speed > 0 ? this.#speed : 1), SHORTEST_INTERVAL_MS)
    const talker = new MqttDevice({
      ...{ id, profile, parameters, broker, intervalMs, topic: connection.topic, address: connection.address },
      ...{ seed: `${this.#scenario.seed} ${id}`, clock: this.#time },
      networkServer: connection.networkServer,
      values: () => this.#device(id).values(this.elapsedSeconds()),
      commandTopics: commandTopics(unit),
      onCommand: (topic, payload) => this.#answer(id, answerTo(unit, topic, payload)),
      onConnection: (failure) => this.#noticeConnection(id, { failure, url: broker.url }),
    })
    this.#talkers.set(id, talker)
    return {
      write: () => {},
      report: () => talker.publish(),
      setFault: (fault) => talker.setFault(fault !== null && isMessageFault(fault) ? fault : null),
    }
  }

  #answer(id: string, answer: Answer | null): void {
    const talker = this.#talkers.get(id)
    if (answer === null || talker === undefined) return
    if (answer.type === 'message') {
      talker.say(answer.topic, () => answer.payload)
      return
    }
    const before = talker.counters.published
    try {
      this.setValue(id, answer.point, answer.value)
    } catch (error) {
      // A device passes over what it cannot do.
      if (error instanceof RangeError) return
      throw error
    }
    // A state that has changed was told already.
    if (talker.counters.published === before) talker.publish()
  }

  /** All devices share one broker, so that its failure is told once and not by each of them. */
  #noticeConnection(id: string, { failure, url }: { readonly failure: string | null; readonly url: string }): void {
    const before = this.#unreached.size
    if (failure === null) this.#unreached.delete(id)
    else this.#unreached.set(id, `MQTT broker ${url}: ${failure}; the devices go on trying`)
    // That the broker is not there yet is no news while the story waits for it.
    if (!this.#clock.hasBegun) return
    const [told] = this.#unreached.values()
    if (before === 0 && told !== undefined) this.#options.onNotice?.(told)
    if (before > 0 && this.#unreached.size === 0) this.#options.onNotice?.(`MQTT broker ${url}: connected`)
  }

  #device(id: string): FieldDevice {
    const device = this.#devices.get(id)
    if (device === undefined) {
      throw new RangeError(`the scenario has no device "${id}"; it has ${[...this.#devices.keys()].join(', ')}`)
    }
    return device
  }

  #line(id: string): FieldLine {
    const line = this.#lines.get(id)
    if (line === undefined) {
      throw new RangeError(`the scenario has no line "${id}"; it has ${[...this.#lines.keys()].join(', ')}`)
    }
    return line
  }
}

async function startLine(id: string, line: FieldLine): Promise<void> {
  try {
    await line.start()
  } catch (error) {
    throw new LineError(`line "${id}": ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
