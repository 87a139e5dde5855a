import { expect, onTestFinished, test } from 'vitest'
import type { CodecCall } from '../../../../../gateway/sources/mqtt/codec/codec-call.ts'
import { CodecSandbox } from '../../../../../gateway/sources/mqtt/codec/codec-sandbox.ts'

const SIMPLE = 'function decodeUplink(input) { return { data: { first: input.bytes[0] } } }'
/** One call of a native function is slow and cannot be interrupted, so the engine hardly ever looks at its clock. */
const NATIVE = `function decodeUplink() {
  var list = []
  for (var i = 0; i < 300000; i++) list.push(i)
  for (;;) list.reverse().sort()
}`

function createSandbox(options: { answerWithinMs?: number } = {}) {
  const sandbox = new CodecSandbox(options)
  onTestFinished(() => sandbox.stop())
  const run = (source: string, first: number) => {
    const call: CodecCall = {
      source,
      fileName: 'codec.js',
      api: 'lorawan',
      bytes: Uint8Array.of(first),
      fPort: 1,
      receivedAt: 0,
    }
    return sandbox.run(call)
  }
  return { sandbox, run }
}

test('messages are decoded in the order of receipt, on a thread that does not hold this one', async () => {
  const { sandbox, run } = createSandbox()
  const order: number[] = []
  let turns = 0
  const turning = setInterval(() => turns++, 5)
  onTestFinished(() => clearInterval(turning))
  const loop = run('function decodeUplink() { for (;;); }', 0)
  const others = [1, 2, 3].map((first) => run(SIMPLE, first).then(() => order.push(first)))
  expect(sandbox.stats().waiting).toBe(4)
  expect(await loop).toEqual({ problem: 'the codec runs for more than 250 ms' })
  await Promise.all(others)
  expect(order).toEqual([1, 2, 3])
  expect(turns).toBeGreaterThan(3)
  expect(sandbox.stats()).toEqual({ messages: 4, failed: 1, ended: 0, waiting: 0 })
})

test('a thread that hangs outside the language is ended, and the messages behind it are decoded', async () => {
  const { sandbox, run } = createSandbox({ answerWithinMs: 2000 })
  const hangs = run(NATIVE, 0)
  const next = run(SIMPLE, 7)
  expect(await hangs).toEqual({ problem: 'the codec does not answer within 2000 ms' })
  expect(await next).toEqual({ json: '{"data":{"first":7}}' })
  expect(sandbox.stats()).toEqual({ messages: 2, failed: 1, ended: 1, waiting: 0 })
})

test('what waits is bounded, and is refused so that it comes again', async () => {
  const { run } = createSandbox()
  const held = Array.from({ length: 10_001 }, (_, i) => run(SIMPLE, i & 255))
  for (const one of held) one.catch(() => {})
  await expect(run(SIMPLE, 0)).rejects.toThrow('10000 messages wait for their codec already')
})

test('after the end nothing is decoded, and nothing that waited counts as decoded', async () => {
  const { sandbox, run } = createSandbox()
  const waiting = [run(SIMPLE, 1), run(SIMPLE, 2)]
  const outcomes = Promise.allSettled(waiting)
  await sandbox.stop()
  await sandbox.stop()
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(run(SIMPLE, 3)).rejects.toThrow('stopping')
})
