/** Work on a line of its own that a Ctrl-C ends cleanly: a serial port is let go of, and what was found is still told. */
import { systemClock } from '../clock.ts'
import type { Log } from '../model.ts'
import { Line, type LineOptions } from '../sources/modbus/line.ts'

/** As a shell expects it: 128 and the number of the signal; for a broken pipe, that of SIGPIPE. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const
const BROKEN_PIPE_CODE = 141
type Signal = keyof typeof SIGNAL_CODES

export interface Interrupted<T> {
  readonly value: T
  /** Exit code where a signal ended the work early; null where nothing did. */
  readonly exitCode: number | null
}

/** What the line has to say comes with each result; a log beside it would only disturb the table. */
const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The line is stopped when the work is done or a signal comes, which fails what is in flight at once. */
export async function workOnLine<T>(
  options: LineOptions,
  work: (line: Line, signal: AbortSignal) => Promise<T>,
): Promise<Interrupted<T>> {
  const line = new Line(options, { clock: systemClock, log: SILENT })
  const interrupted = new AbortController()
  let exitCode: number | null = null
  const interrupt = (code: number): void => {
    exitCode ??= code
    interrupted.abort()
    void line.stop()
  }
  const onSignal = (signal: Signal): void => interrupt(SIGNAL_CODES[signal])
  const signals = Object.keys(SIGNAL_CODES) as Signal[]
  for (const signal of signals) process.on(signal, onSignal)
  // Nobody reads any more, as after `| head`. Stays, because what is said at the end meets the same.
  process.stdout.on('error', () => interrupt(BROKEN_PIPE_CODE))
  try {
    line.start()
    return { value: await work(line, interrupted.signal), exitCode }
  } finally {
    await line.stop()
    for (const signal of signals) process.off(signal, onSignal)
  }
}
