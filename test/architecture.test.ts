/**
 * Holds the directions of imports of gateway/README.md. Each rule names a place and all it may import of ours; a file
 * is judged by the longest place that matches. `app.ts` is the composition root and knows all parts.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname

interface Room {
  readonly imports: readonly string[]
  /** No Node module at all: time, disk and network are arguments. */
  readonly pure?: boolean
}

const rooms: Readonly<Record<string, Room>> = {
  'device-profiles/': { imports: ['device-profiles/'] },
  'broker/': { imports: ['broker/'] },
  'simulator/': { imports: ['simulator/', 'device-profiles/'] },
  'gateway/model.ts': { imports: [], pure: true },
  'gateway/alarm-model.ts': { imports: ['gateway/model.ts'], pure: true },
  'gateway/delivery-model.ts': { imports: ['gateway/model.ts'], pure: true },
  'gateway/local-time.ts': { imports: ['device-profiles/schedule.ts'], pure: true },
  'gateway/upstream-model.ts': {
    imports: ['gateway/model.ts', 'gateway/alarm-model.ts', 'gateway/delivery-model.ts'],
    pure: true,
  },
  // A gateway under a gateway: what is below, and what comes from above.
  'gateway/upstream/': {
    imports: [
      ...['gateway/upstream/', 'gateway/upstream-model.ts', 'gateway/alarm-model.ts', 'gateway/delivery-model.ts'],
      'gateway/model.ts',
    ],
    pure: true,
  },
  'gateway/registry-model.ts': { imports: ['gateway/model.ts'], pure: true },
  'gateway/dispatch-model.ts': {
    imports: ['gateway/model.ts', 'gateway/alarm-model.ts', 'gateway/registry-model.ts'],
    pure: true,
  },
  // Who is on duty, and how positions are turned: from the configuration, with the moment as an argument.
  'gateway/registry/': {
    imports: [
      ...['gateway/registry/', 'gateway/registry-model.ts', 'gateway/local-time.ts', 'gateway/model.ts'],
      'device-profiles/',
    ],
    pure: true,
  },
  // Who is told what and when, decided; pure as the pipeline is.
  'gateway/dispatch/': {
    imports: [
      ...[
        'gateway/dispatch/',
        'gateway/dispatch-event.ts',
        'gateway/dispatch-model.ts',
        'gateway/registry-model.ts',
        'gateway/alarm-model.ts',
      ],
      ...['gateway/local-time.ts', 'gateway/model.ts', 'device-profiles/'],
    ],
    pure: true,
  },
  // Ways to tell people. None knows another, and none knows why it is asked.
  'gateway/channels/': {
    imports: [
      ...['gateway/channels/', 'gateway/dispatch-model.ts', 'gateway/registry-model.ts', 'gateway/alarm-model.ts'],
      ...['gateway/delivery-model.ts', 'gateway/model.ts', 'gateway/clock.ts', 'gateway/sinks/', 'device-profiles/'],
    ],
  },
  'gateway/ledger-model.ts': { imports: [], pure: true },
  'gateway/dispatch-event.ts': {
    imports: [
      ...['gateway/model.ts', 'gateway/alarm-model.ts', 'gateway/dispatch-model.ts', 'gateway/registry-model.ts'],
    ],
    pure: true,
  },
  'gateway/mode.ts': { imports: ['gateway/model.ts'], pure: true },
  'gateway/device-command.ts': { imports: ['gateway/model.ts'], pure: true },
  'gateway/log.ts': { imports: ['gateway/model.ts'] },
  'gateway/service-manager.ts': { imports: ['gateway/model.ts'] },
  'gateway/clock.ts': { imports: ['gateway/model.ts'] },
  'gateway/pipeline/': {
    imports: [
      ...[
        'gateway/pipeline/',
        'gateway/model.ts',
        'gateway/alarm-model.ts',
        'gateway/mode.ts',
        'gateway/local-time.ts',
      ],
      'device-profiles/',
    ],
    pure: true,
  },
  // Figures of what was: of alarm events, and of readings through the gates of the rules.
  'gateway/statistics/': {
    imports: [
      'gateway/statistics/',
      'gateway/model.ts',
      'gateway/alarm-model.ts',
      'gateway/pipeline/rules.ts',
      'device-profiles/',
    ],
    pure: true,
  },
  // What people keep in books and print: tables of what was, and the formats they leave in.
  'gateway/ledgers/': {
    imports: [
      ...['gateway/ledgers/', 'gateway/statistics/', 'gateway/ledger-model.ts', 'gateway/alarm-model.ts'],
      ...['gateway/registry-model.ts', 'gateway/dispatch-event.ts', 'gateway/model.ts'],
    ],
  },
  // The field knows neither alarms nor receivers.
  'gateway/sources/': { imports: ['gateway/sources/', 'gateway/model.ts', 'gateway/clock.ts', 'device-profiles/'] },
  'gateway/journal/': {
    imports: [
      ...['gateway/journal/', 'gateway/model.ts', 'gateway/device-command.ts', 'gateway/mode.ts', 'gateway/clock.ts'],
      ...['gateway/alarm-model.ts', 'gateway/delivery-model.ts', 'gateway/upstream-model.ts'],
      ...['gateway/ledger-model.ts', 'gateway/statistics/alarm-moment.ts', 'gateway/statistics/ledger-moment.ts'],
      ...['gateway/dispatch-event.ts', 'gateway/dispatch-model.ts'],
    ],
  },
  // To it everything is an item with a number.
  'gateway/delivery/': {
    imports: ['gateway/delivery/', 'gateway/model.ts', 'gateway/delivery-model.ts', 'gateway/clock.ts'],
  },
  'gateway/sinks/': {
    imports: [
      'gateway/sinks/',
      'gateway/model.ts',
      'gateway/alarm-model.ts',
      'gateway/delivery-model.ts',
      'gateway/upstream-model.ts',
      'gateway/clock.ts',
      'device-profiles/schema.ts',
    ],
  },
  'gateway/http/': {
    imports: [
      ...['gateway/dispatch-event.ts', 'gateway/dispatch-model.ts'],
      ...['gateway/http/', 'gateway/model.ts', 'gateway/device-command.ts', 'gateway/mode.ts', 'gateway/clock.ts'],
      ...['gateway/alarm-model.ts', 'gateway/registry-model.ts', 'gateway/upstream-model.ts', 'gateway/statistics/'],
      ...['gateway/ledger-model.ts', 'gateway/ledgers/'],
    ],
  },
  // The console shares the words of the API and the order of alarms with the server, and nothing that needs Node.
  'gateway/console/': {
    imports: [
      ...['gateway/console/', 'gateway/model.ts', 'gateway/alarm-model.ts', 'gateway/mode.ts'],
      ...['gateway/http/gateway-view.ts', 'gateway/http/alarm-order.ts', 'gateway/http/child-view.ts'],
      'gateway/statistics/alarm-groups.ts',
    ],
  },
  // What a topic may say is known where topics are made, what a line can do where lines are, and whom a roster leaves alone where
  // rosters are.
  'gateway/config/': {
    imports: [
      'gateway/config/',
      'gateway/model.ts',
      ...['gateway/registry/', 'gateway/registry-model.ts'],
      'gateway/sinks/mqtt-topic.ts',
      'gateway/sources/modbus/line-timing.ts',
      ...['gateway/dispatch/chain.ts', 'device-profiles/'],
    ],
  },
  // Commands to devices: recorded, sent once, believed when the device shows it.
  'gateway/control/': {
    imports: [
      ...['gateway/control/', 'gateway/device-command.ts', 'gateway/model.ts', 'device-profiles/'],
      ...['gateway/sources/modbus/', 'gateway/sources/mqtt/publish-error.ts'],
    ],
  },
  // New rules over what was measured: the pipeline as it is, and the files of the journal for reading only.
  'gateway/backtest/': {
    imports: [
      ...[
        'gateway/backtest/',
        'gateway/pipeline/',
        'gateway/journal/',
        'gateway/model.ts',
        'gateway/alarm-model.ts',
        'device-profiles/',
      ],
    ],
  },
  // What engineers do at a line: through its queue, and decoded as the pipeline does.
  'gateway/commission/': {
    imports: [
      ...['gateway/commission/', 'gateway/sources/modbus/', 'gateway/model.ts', 'device-profiles/'],
      ...['gateway/pipeline/decode.ts', 'gateway/pipeline/quality.ts'],
    ],
  },
  // The commands that need more than main.ts should hold.
  'gateway/commands/': {
    imports: [
      ...[
        'gateway/commands/',
        'gateway/commission/',
        'gateway/backtest/',
        'gateway/sources/modbus/',
        'gateway/sources/mqtt/codec/',
        'gateway/config/',
      ],
      ...[
        'gateway/app/line-options.ts',
        'gateway/app/embedded-broker.ts',
        'broker/password-hash.ts',
        'gateway/http/command-view.ts',
        'gateway/device-command.ts',
        'gateway/mode.ts',
        'gateway/log.ts',
        'gateway/clock.ts',
        'gateway/model.ts',
        'gateway/alarm-model.ts',
        'device-profiles/',
      ],
    ],
  },
  'gateway/app/': { imports: ['gateway/', 'broker/', 'device-profiles/'] },
  'gateway/app.ts': { imports: ['gateway/', 'broker/', 'device-profiles/'] },
  'gateway/main.ts': {
    imports: [
      'gateway/app.ts',
      'gateway/commands/',
      'gateway/config/',
      'gateway/journal/journal-threads.ts',
      'gateway/clock.ts',
      'gateway/log.ts',
      'gateway/service-manager.ts',
      'package.json',
    ],
  },
}

const files = globSync('{broker,device-profiles,gateway,simulator}/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !file.includes('/dist/') && !file.endsWith('vite.config.ts'),
)

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\(|new URL\()\s*['"]([^'"]+)['"]/g)
  return [...found].map((match) => match[1] as string)
}

function roomOf(file: string): readonly [string, Room] | undefined {
  return Object.entries(rooms)
    .filter(([place]) => file === place || (place.endsWith('/') && file.startsWith(place)))
    .sort(([a], [b]) => b.length - a.length)[0]
}

describe('the directions of imports', () => {
  it.each(files)('%s', (file) => {
    const room = roomOf(file)
    expect(room, 'the file stands in a room that the rules name').toBeDefined()
    const [place, { imports, pure }] = room as readonly [string, Room]
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) {
        const target = normalize(join(dirname(file), specifier))
        if (!/\.tsx?$/.test(target)) continue
        expect(existsSync(join(root, target)), `${target} exists`).toBe(true)
        const allowed = imports.some(
          (prefix) => target === prefix || (prefix.endsWith('/') && target.startsWith(prefix)),
        )
        expect(allowed, `${place} may not import ${target}`).toBe(true)
      } else if (pure) {
        expect.fail(`${file} is pure and may not import ${specifier}`)
      }
    }
  })

  it('has no cycle between files', () => {
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, trail: readonly string[]): void => {
      if (state.get(file) === 'done') return
      expect(state.get(file), `cycle: ${[...trail, file].join(' -> ')}`).not.toBe('open')
      state.set(file, 'open')
      for (const specifier of importsOf(file)) {
        const target = normalize(join(dirname(file), specifier))
        if (specifier.startsWith('.') && files.includes(target)) visit(target, [...trail, file])
      }
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
  })
})
