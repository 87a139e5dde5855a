import { setImmediate } from 'node:timers/promises'
import { Downsampler } from './downsample.ts'
import { decodeChunk } from './history-chunk.ts'
import type { HistoryIndex } from './history-index.ts'
import type { HistoryQuery, HistoryRow } from './history-row.ts'
import type { HistoryStore } from './history-store.ts'

/** Chunks that are read before others may have the thread. */
const CHUNKS_AT_ONCE = 32

/** `onDamage` is told of every chunk that could not be read and was passed over. */
export async function queryHistory(
  query: HistoryQuery,
  { index, store, onDamage }: { index: HistoryIndex; store: HistoryStore; onDamage: (chunkId: number) => void },
): Promise<HistoryRow[]> {
  const downsampler = new Downsampler(query)
  const memory = index.inMemory(query.point)
  if (memory === null) return []
  // Copied before the first wait: a chunk in memory may be written and closed meanwhile, but must be counted once.
  const newest = memory.chunks.map(({ bytes }) => bytes)
  const inMemory = new Set(memory.chunks.map(({ chunkId }) => chunkId))
  const stored = store.find(memory.pointId, query).filter((id) => !inMemory.has(id))
  for (const [i, chunkId] of stored.entries()) {
    if (i % CHUNKS_AT_ONCE === CHUNKS_AT_ONCE - 1) await setImmediate()
    const bytes = store.read(chunkId)
    if (bytes === null) continue
    if (bytes === 'damaged') onDamage(chunkId)
    else for (const entry of decodeChunk(bytes)) downsampler.add(entry)
  }
  for (const bytes of newest) for (const entry of decodeChunk(bytes)) downsampler.add(entry)
  return downsampler.rows()
}
