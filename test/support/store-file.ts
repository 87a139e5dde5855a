/** What the file of a running broker holds. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreChange } from '../../broker/store/store-change.ts'
import { StoreFile } from '../../broker/store/store-file.ts'

/** As a broker would find it that starts after a kill at this moment. */
export function heldByFile(path: string): readonly StoreChange[] {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-store-'))
  try {
    const copy = join(folder, 'copy.sqlite')
    for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) cpSync(path + suffix, copy + suffix)
    const file = StoreFile.open({ path: copy, maxBytes: 2 ** 30, wall: 0 })
    try {
      return file.read()
    } finally {
      file.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The payloads that wait for one client, as texts. */
export function waitingFor(client: string, path: string): readonly string[] {
  return heldByFile(path).flatMap((change) =>
    change.type === 'queued' && change.client === client ? [Buffer.from(change.payload).toString()] : [],
  )
}
