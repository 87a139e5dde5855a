/**
 * The suite that aedes-persistence has for its implementations, as it is, over the store with a real file. Run by
 * `node --test`, whose context it needs; `aedes-suite.test.ts` does that.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SessionStore } from '../../../../broker/store/session-store.ts'
import { DEFAULT_STORE_LIMITS, maxFileBytes } from '../../../../broker/store/store-limits.ts'
import { StoreWriter } from '../../../../broker/store/store-writer.ts'

/** The suite has no types. */
const runSuite = createRequire(import.meta.url)('aedes-persistence/abstract.js') as (options: object) => void

const folder = mkdtempSync(join(tmpdir(), 'outpost-aedes-suite-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const quiet = (): void => {}

async function persistence(): Promise<SessionStore> {
  const writer = new StoreWriter({
    path: join(folder, `${++files}.sqlite`),
    maxBytes: maxFileBytes(DEFAULT_STORE_LIMITS),
    snapshot: () => store.snapshot(),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  })
  const store = new SessionStore({ limits: DEFAULT_STORE_LIMITS, saving: writer })
  store.restore(await writer.open())
  // The suite destroys every instance; its file ends with it.
  store.destroy = async () => {
    await writer.saved()
    await writer.close(5000)
  }
  return store
}

runSuite({ test, persistence, testAsync: true })
