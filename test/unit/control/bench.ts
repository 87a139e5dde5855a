/** Commands against a field of the mind: a line and a broker of which the test decides every answer, a journal in memory. */
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { CommandMessage } from '../../../device-profiles/codec/command-message.ts'
import type { CommandProfile } from '../../../device-profiles/command-schema.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { Control } from '../../../gateway/control/control.ts'
import type { LatestReading } from '../../../gateway/control/interlock.ts'
import type { ControlAnswer, ControlRequest } from '../../../gateway/control/request.ts'
import type { ControlTarget } from '../../../gateway/control/target.ts'
import type { CommandEventDraft, DeviceCommand } from '../../../gateway/device-command.ts'
import type { Quality } from '../../../gateway/model.ts'
import type { RequestResult } from '../../../gateway/sources/modbus/exchange.ts'
import type { ModbusRequest } from '../../../gateway/sources/modbus/pdu.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const catalogue = loadCatalogue()

/** An installed unit, with the commands of the test beside those of its profile. */
export function deviceOf(profileId: string, id: string, commands: readonly CommandProfile[] = []): Device {
  const resolution = resolveDevice({ id, station: 'st', name: id, place: 'here', profile: profileId }, catalogue)
  if (!('device' in resolution)) throw new Error(JSON.stringify(resolution.problems))
  const { device } = resolution
  const profile = { ...device.profile, commands: [...(device.profile.commands ?? []), ...commands] }
  return { ...device, profile }
}

export const TOWER: ControlTarget = {
  device: deviceOf('patlite-la6-poe', 'tower'),
  route: { type: 'modbus', line: 'cabinet', unitId: 1, mustNotRead: [] },
}
export const SMOKE: ControlTarget = {
  device: deviceOf('tuya-zss-qy-ssd-a-en', 'smoke'),
  route: { type: 'mqtt', broker: 'embedded', address: 'hall' },
}
export const GAUGE: ControlTarget = {
  device: deviceOf('milesight-em500-pp', 'gauge'),
  route: { type: 'mqtt', broker: 'city', address: '24e124' },
}

/** A unit with registers: what is written is there afterwards, unless the test says otherwise. */
export class FakeUnit {
  readonly words = new Map<string, number>()
  readonly requests: ModbusRequest[] = []
  /** Instead of the right answer to the next requests, one each; `undefined` is the right answer. */
  readonly next: (RequestResult | undefined)[] = []
  /** The next write is carried out, and its reply is lost. */
  losesReply = false
  /** What a written word becomes. */
  keep: (word: number, address: number) => number = (word) => word
  /** Resolves before each answer. */
  delay: () => Promise<void> = () => Promise.resolve()

  readonly line = {
    request: async (_unitId: number, request: ModbusRequest): Promise<RequestResult> => {
      this.requests.push(request)
      await this.delay()
      const instead = this.next.shift()
      if (instead !== undefined) return instead
      const answer = this.#answer(request)
      if (!this.losesReply || request.type === 'read') return answer
      this.losesReply = false
      return TIMEOUT
    },
  }

  get writes(): readonly ModbusRequest[] {
    return this.requests.filter(({ type }) => type !== 'read')
  }

  #answer(request: ModbusRequest): RequestResult {
    const said = { type: 'reply', unconfirmed: false, tookMs: 5 } as const
    const { address } = request
    switch (request.type) {
      case 'read': {
        const at = (i: number) => this.words.get(`${request.table} ${address + i}`) ?? 0
        const words = Uint16Array.from({ length: request.count }, (_, i) => at(i))
        return { ...said, reply: { type: 'words', words } }
      }
      case 'write-coil':
        this.#set('coil', address, [Number(request.value)])
        break
      case 'write-coils':
        this.#set('coil', address, request.values.map(Number))
        break
      case 'write-register':
        this.#set('holding-register', address, [request.value])
        break
      case 'write-registers':
        this.#set('holding-register', address, request.values)
    }
    return { ...said, reply: { type: 'written' } }
  }

  #set(table: string, address: number, words: readonly number[]): void {
    for (const [i, word] of words.entries()) this.words.set(`${table} ${address + i}`, this.keep(word, address + i))
  }
}

export const TIMEOUT: RequestResult = { type: 'failure', failure: 'timeout', detail: 'no reply within 1000 ms' }
export const exception = (code: number): RequestResult => ({
  ...{ type: 'reply', unconfirmed: false, tookMs: 5 },
  reply: { type: 'exception', code },
})

export class Bench {
  readonly clock = new FakeClock()
  readonly log = createMemoryLog()
  readonly unit = new FakeUnit()
  /** Every step that the journal has taken. */
  readonly steps: CommandEventDraft[] = []
  readonly published: (CommandMessage & { readonly broker: string })[] = []
  readonly readings = new Map<string, LatestReading>()
  /** The journal answers when it has resolved. */
  disk: Promise<void> = Promise.resolve()
  /** Why the journal refuses; null: it does not. */
  diskError: Error | null = null
  /** The broker answers when it has resolved. */
  broker: Promise<void> = Promise.resolve()
  /** Why the broker takes nothing; null: it does. */
  brokerError: Error | null = null
  levels: readonly string[] = []
  lineIsThere = true
  readonly control: Control

  constructor(targets: readonly ControlTarget[] = [TOWER, SMOKE, GAUGE]) {
    // A signal tower shows patterns without the byte that says "controls".
    this.unit.keep = (word, address) => (address <= 5 ? word & 0xff : word)
    this.control = new Control({
      clock: this.clock,
      log: this.log,
      recorder: {
        recordCommand: async (step) => {
          await this.disk
          if (this.diskError !== null) throw this.diskError
          return this.steps.push(step)
        },
      },
      ways: {
        line: () => (this.lineIsThere ? this.unit.line : undefined),
        publish: async (broker, message) => {
          if (this.brokerError !== null) throw this.brokerError
          this.published.push({ ...message, broker })
          await this.broker
        },
        levels: () => this.levels,
        latest: (point) => this.readings.get(point) ?? null,
      },
    })
    this.control.setTargets(targets)
  }

  async start(commands: Iterable<DeviceCommand> = []): Promise<this> {
    await this.control.start({ lastSeq: 0, commands })
    this.control.revertExpired()
    return this
  }

  /** What a new process would begin with. */
  get open(): readonly DeviceCommand[] {
    const last = new Map(this.steps.map(({ command }) => [command.id, command]))
    return [...last.values()]
  }

  wish(device: string, name: string, more: Partial<ControlRequest> = {}): Promise<ControlAnswer> {
    const request = { device, name, value: null, by: '张伟', comment: null, via: 'http' as const, key: null, ...more }
    return this.control.request(request, { waitMs: 20_000 })
  }

  /** The record of a command that was taken. */
  async command(device: string, name: string, more: Partial<ControlRequest> = {}): Promise<DeviceCommand> {
    const answer = await this.wish(device, name, more)
    if (answer.type === 'refused') throw new Error(`${answer.refusal}: ${answer.message.en}`)
    return answer.command
  }

  /** As if the device had just said it. */
  read(point: string, value: number, quality: Quality = 'good'): void {
    const { wall, mono } = this.clock.now()
    const reading = { point, time: wall, receivedAt: wall, value, quality }
    this.readings.set(point, { reading, goodAt: quality === 'good' ? mono : null })
    this.control.heard(point.split('.')[0] as string)
  }

  /** What was begun has reached its first wait before time moves. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(0)
    await this.clock.advance(ms)
    await this.clock.advance(0)
  }

  get types(): readonly string[] {
    return this.steps.map(({ type }) => type)
  }
}
