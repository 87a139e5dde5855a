/**
 * Runs makers' codecs in QuickJS inside WebAssembly: there is nothing in there but the language. Each message gets a runtime and
 * a context of its own, so nothing that one message does can be seen by the next.
 *
 * What bounds a codec: processor time (an interrupt handler), memory (the engine's own limit and, because that is not kept in all
 * places, the size of the WebAssembly memory), stack, and the length of its output. After any run that did not end by itself
 * the engine is made anew: QuickJS may be left in disorder by it, and a new one costs some ten milliseconds.
 *
 * Blocks its thread while a codec runs.
 */
import release from '@jitl/quickjs-wasmfile-release-sync'
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core'
import type { CodecAnswer, CodecApi, CodecCall } from './codec-call.ts'

/** Processor time of this thread; the time on the wall would blame a codec for a busy machine. */
const CPU_LIMIT_MS = 250
const MEMORY_LIMIT_BYTES = 16 * 1024 * 1024
const STACK_LIMIT_BYTES = 256 * 1024
/** 64 KiB each. The engine needs 16 MiB from the start. */
const WASM_PAGES = { initial: 256, maximum: 640 }
/** Characters. The longest outputs of public codecs have some thousands. */
const MAX_OUTPUT = 65_536
const MAX_PROBLEM = 300

/** How each entry point is called; `bytes`, `fPort` and `time` are there. */
const CALLS: Readonly<Record<CodecApi, string>> = {
  lorawan: 'decodeUplink({ bytes, fPort, recvTime: new Date(time), variables: {} })',
  'chirpstack-v3': 'Decode(fPort, bytes, {})',
  'ttn-v2': 'Decoder(bytes, fPort)',
}
/** Codecs print while they are being written; here it goes nowhere. */
const CONSOLE = 'globalThis.console = { log() {}, info() {}, warn() {}, error() {}, debug() {} }; JSON.stringify'

/** The types of the package describe its CommonJS form; what is imported is the other one. */
const variant = release as unknown as typeof release.default

type Settled = { readonly handle: QuickJSHandle } | { readonly problem: string }

export class CodecEngine {
  #module: QuickJSWASMModule | null = null

  /** Loads the engine ahead of the first message. */
  async prepare(): Promise<QuickJSWASMModule> {
    this.#module ??= await load()
    return this.#module
  }

  /** Never throws for what a codec does. */
  async run(call: CodecCall): Promise<CodecAnswer> {
    const run = new CodecRun(await this.prepare())
    try {
      return run.answer(call)
    } catch (error) {
      run.ended = false
      return { problem: `the engine of the codec failed: ${shortened(String(error))}` }
    } finally {
      // Also where the codec was cut off while somebody looked at what it had thrown.
      if (!run.ended || run.isTooLong() || !run.dispose()) this.#module = null
    }
  }
}

function load(): Promise<QuickJSWASMModule> {
  // What QuickJS finds wrong with itself is found by `dispose`, and is no line on the gateway's standard error.
  const emscriptenModule: object = { printErr: () => {} }
  const wasmMemory = new WebAssembly.Memory(WASM_PAGES)
  return newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory, emscriptenModule }))
}

/** One message in one context. */
class CodecRun {
  readonly #runtime: QuickJSRuntime
  readonly #context: QuickJSContext
  /** To be let go of before their context. */
  readonly #handles: QuickJSHandle[] = []
  readonly #started = process.threadCpuUsage()
  /** False once it was cut off, or its engine failed. */
  ended = true

  constructor(module: QuickJSWASMModule) {
    this.#runtime = module.newRuntime()
    this.#runtime.setMemoryLimit(MEMORY_LIMIT_BYTES)
    this.#runtime.setMaxStackSize(STACK_LIMIT_BYTES)
    this.#runtime.setInterruptHandler(() => this.isTooLong())
    this.#context = this.#runtime.newContext()
  }

  answer({ source, fileName, api, bytes, fPort, receivedAt }: CodecCall): CodecAnswer {
    // Taken before the codec can put something else in its place.
    const stringify = this.#evaluate(CONSOLE, 'outpost')
    if ('problem' in stringify) return stringify
    const loaded = this.#evaluate(source, fileName)
    if ('problem' in loaded) return loaded
    const input = `const bytes = [${bytes.join(',')}], fPort = ${fPort}, time = ${receivedAt}`
    const returned = this.#evaluate(`(function () { ${input}; return ${CALLS[api]} })()`, 'outpost')
    if ('problem' in returned) return returned
    const output = this.#settled(this.#context.callFunction(stringify.handle, this.#context.undefined, returned.handle))
    return 'problem' in output ? output : this.#json(output.handle)
  }

  /** False where QuickJS finds itself in disorder. */
  dispose(): boolean {
    try {
      for (const handle of this.#handles) handle.dispose()
      this.#context.dispose()
      this.#runtime.dispose()
      return true
    } catch {
      return false
    }
  }

  #json(output: QuickJSHandle): CodecAnswer {
    if (this.#context.typeof(output) !== 'string') return { problem: 'the codec returns nothing' }
    const length = this.#context.getProp(output, 'length').consume((handle) => this.#context.getNumber(handle))
    if (length > MAX_OUTPUT) {
      return { problem: `the codec returns ${length} characters, at most ${MAX_OUTPUT} are allowed` }
    }
    return { json: this.#context.getString(output) }
  }

  #evaluate(code: string, fileName: string): Settled {
    return this.#settled(this.#context.evalCode(code, fileName))
  }

  #settled(result: ReturnType<QuickJSContext['evalCode']>): Settled {
    this.#handles.push(result.error ?? result.value)
    if (!result.error) return { handle: result.value }
    if (this.isTooLong()) {
      this.ended = false
      return { problem: `the codec runs for more than ${CPU_LIMIT_MS} ms` }
    }
    return { problem: `the codec fails: ${this.#errorText(result.error)}` }
  }

  /** What was thrown may be anything, and may run code of the codec when it is looked at. */
  #errorText(error: QuickJSHandle): string {
    const parts = ['name', 'message'].map((key) =>
      this.#context.getProp(error, key).consume((handle) => {
        return this.#context.typeof(handle) === 'string' ? this.#context.getString(handle) : null
      }),
    )
    const text = parts.filter((part) => part !== null).join(': ')
    if (text === '') return 'it throws something that is no error'
    // The memory is used up, and with it much of what the engine relies on.
    if (text.includes('out of memory')) this.ended = false
    return shortened(text)
  }

  isTooLong(): boolean {
    const { user, system } = process.threadCpuUsage(this.#started)
    return (user + system) / 1000 > CPU_LIMIT_MS
  }
}

function shortened(text: string): string {
  return text.length > MAX_PROBLEM ? `${text.slice(0, MAX_PROBLEM)}…` : text
}
