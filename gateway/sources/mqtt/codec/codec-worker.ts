/** The thread in which makers' codecs run, one message after the other. */
import { parentPort } from 'node:worker_threads'
import type { CodecCall } from './codec-call.ts'
import { CodecEngine } from './codec-engine.ts'

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread only')
const engine = new CodecEngine()
await engine.prepare()
port.postMessage('ready')
port.on('message', async (call: CodecCall) => port.postMessage(await engine.run(call)))
