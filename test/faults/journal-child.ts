/**
 * Run as a process of its own and killed by the test. Commits without end, and prints one line for everything that was
 * acknowledged: the values of the readings and the numbers of the events, as JSON.
 * Arguments: directory, first value.
 */
import { writeSync } from 'node:fs'
import { createJournal } from '../../gateway/journal/journal.ts'
import type { Clock, Log } from '../../gateway/model.ts'
import { draft, reading, T0 } from '../unit/journal/journal-samples.ts'

const [directory = '', firstValue = '0'] = process.argv.slice(2)
const AT_ONCE = 40

/** Time runs a thousand times faster, so that the journal tidies up all the time. */
const begin = performance.now()
const clock: Clock = {
  now() {
    const mono = (performance.now() - begin) * 1000
    return { wall: T0 + mono, mono }
  },
  every(_ms, run) {
    const timer = setInterval(run, 10)
    return () => clearInterval(timer)
  },
  sleep: () => Promise.reject(new Error('nothing sleeps here')),
  pause: () => Promise.reject(new Error('nothing pauses here')),
}
const silent = () => {}
const log: Log = { debug: silent, info: silent, warn: silent, error: (facts, message) => console.error(message, facts) }

const journal = createJournal({ directory, gatewayId: 'gw' }, { clock, log })
await journal.start()
await journal.registerDelivery('keeper', 'readings', { fromNow: false })
let value = Number(firstValue)

async function commitForEver(): Promise<void> {
  for (;;) {
    const values = Array.from({ length: 1 + (value % 4) }, () => value++)
    const readings = values.map((one) => {
      const time = T0 + one
      return reading(one, { point: `pump.point-${one % 3}`, time, receivedAt: time })
    })
    const events = (values[0] ?? 0) % 5 === 0 ? [draft(`rule-${value % 7}`)] : []
    const numbered = await journal.commit({ readings, events })
    writeSync(1, `${JSON.stringify({ values, seqs: numbered.map(({ seq }) => seq) })}\n`)
  }
}
for (let i = 0; i < AT_ONCE; i++) void commitForEver()
