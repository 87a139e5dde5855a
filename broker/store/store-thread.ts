/** The thread that writes the store's file: SQLite is synchronous, and a slow disk must stop nobody else. */
import { parentPort } from 'node:worker_threads'
import type { StoreChange } from './store-change.ts'
import { type SetAside, StoreFile, type StoreFileOptions } from './store-file.ts'

export type StoreQuestion =
  /** Answered with all that the file holds. */
  | { readonly type: 'open'; readonly id: number; readonly file: StoreFileOptions }
  | { readonly type: 'write'; readonly id: number; readonly changes: readonly StoreChange[] }
  /** Opens the file again, whatever has become of it, and makes it hold just this. */
  | {
      readonly type: 'replace'
      readonly id: number
      readonly file: StoreFileOptions
      readonly changes: readonly StoreChange[]
    }
  | { readonly type: 'close'; readonly id: number }

export type StoreAnswer =
  | {
      readonly id: number
      readonly ok: true
      readonly held: readonly StoreChange[]
      readonly setAside: SetAside | null
      readonly bytes: number
    }
  | { readonly id: number; readonly ok: false; readonly reason: string }

let file: StoreFile | null = null

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread only')
port.on('message', (question: StoreQuestion) => port.postMessage(answer(question)))

function answer(question: StoreQuestion): StoreAnswer {
  const { id } = question
  try {
    return { id, ok: true, ...work(question) }
  } catch (error) {
    return { id, ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

function work(question: StoreQuestion): { held: readonly StoreChange[]; setAside: SetAside | null; bytes: number } {
  let held: readonly StoreChange[] = []
  let setAside: SetAside | null = null
  switch (question.type) {
    case 'open':
      file = StoreFile.open(question.file)
      held = file.read()
      setAside = file.setAside
      break
    case 'write':
      if (file === null) throw new Error('the file is not open')
      file.write(question.changes)
      break
    case 'replace':
      close()
      file = StoreFile.open(question.file)
      setAside = file.setAside
      file.replace(question.changes)
      break
    case 'close':
      close()
  }
  return { held, setAside, bytes: file?.bytes() ?? 0 }
}

function close(): void {
  try {
    file?.close()
  } finally {
    file = null
  }
}
