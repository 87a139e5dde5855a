// What a newcomer does first: `npm start`, until the console answers, then Ctrl-C. Ends with 1 and says all that was said where
// that does not work. On ports of its own, because a machine of continuous integration may have others in use.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const READY_WITHIN_MS = 60_000
const END_WITHIN_MS = 15_000
const PORTS = ['OUTPOST_HTTP_PORT', 'OUTPOST_MQTT_PORT', 'OUTPOST_MODBUS_PORT', 'OUTPOST_RECEIVER_PORT']

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return String(port)
}

const ports = {}
for (const name of PORTS) ports[name] = await freePort()
const started = performance.now()
// A group of its own: Ctrl-C in a terminal reaches npm and all that it has started.
const demo = spawn('npm', ['start'], { detached: true, env: { ...process.env, ...ports }, stdio: 'pipe' })
let said = ''
const ready = Promise.withResolvers()
for (const stream of [demo.stdout, demo.stderr]) {
  stream.on('data', (bytes) => {
    said += bytes
    if (/The console is ready/.test(said)) ready.resolve()
  })
}
const ended = once(demo, 'close').then(([code]) => code)

try {
  await inTime(ready.promise, READY_WITHIN_MS, 'is not ready')
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const { status } = await fetch(`http://127.0.0.1:${ports.OUTPOST_HTTP_PORT}/`)
  if (status !== 200) throw new Error(`the console answers ${status}`)
  process.kill(-demo.pid, 'SIGINT')
  await inTime(ended, END_WITHIN_MS, 'does not end')
  console.log(`npm start: the console was ready after ${seconds} s, and everything ended with Ctrl-C`)
} catch (error) {
  console.error(`npm start: ${error.message}\n${said}`)
  process.exitCode = 1
  if (demo.exitCode === null && demo.signalCode === null) process.kill(-demo.pid, 'SIGKILL')
}

async function inTime(promise, ms, what) {
  const timer = new AbortController()
  const late = delay(ms, null, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`it ${what} after ${ms / 1000} s`)),
    () => {},
  )
  const early = ended.then((code) => (promise === ended ? code : Promise.reject(new Error(`it ended with ${code}`))))
  await Promise.race([promise, late, early])
  timer.abort()
}
