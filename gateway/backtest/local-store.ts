/**
 * The readings of a gateway's own data directory, also while that gateway runs: its files are opened for reading only, and
 * nothing is kept open for longer than one window of time is read, so that its write-ahead logs do not grow.
 *
 * Chunks are per point and long; a window takes what falls into it from all of them and sorts it. Its width follows how much
 * it brings, so that memory is bounded whatever the number of points.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { numberOf, openForReading } from '../journal/database.ts'
import { decodeChunk } from '../journal/history-chunk.ts'
import { JournalReader } from '../journal/journal-reader.ts'
import { decodeBlock } from '../journal/reading-block.ts'
import { type RecordedReading, SourceError, type Span } from './recorded-reading.ts'

const MINUTE = 60_000
const FIRST_WINDOW = 60 * MINUTE
const WIDEST_WINDOW = 24 * 60 * MINUTE
const NARROWEST_WINDOW = 1000
/** A window that brings more is made narrower and read again; one that brings much less makes the next one wider. */
const MOST_IN_WINDOW = 200_000
const FEW_IN_WINDOW = 25_000
/** Blocks that are not in the history yet are read in portions of so many readings. */
const PORTION = 20_000

interface StoredPoint {
  readonly name: string
  readonly lastSeq: number
}

export function* readLocalStore(
  directory: string,
  { from, to }: Span,
  { wanted }: { readonly wanted: (point: string) => boolean },
): Iterable<readonly RecordedReading[]> {
  const file = join(directory, 'history.sqlite')
  if (!existsSync(file)) {
    throw new SourceError(`${file} does not exist: --data takes the dataDirectory of a gateway that has run`)
  }
  const history = openForReading(directory, 'history.sqlite')
  try {
    const points = pointsOf(history, wanted)
    const newest = readNewest(directory, { points, history, span: { from, to }, wanted })
    let width = FIRST_WINDOW
    for (let start = from; start < to; ) {
      const end = Math.min(to, start + width)
      const window = readWindow(history, points, { from: start, to: end })
      if (window === null && width > NARROWEST_WINDOW) {
        width = Math.max(NARROWEST_WINDOW, width / 4)
        continue
      }
      yield inOrder(window ?? [], takeUntil(newest, end))
      if ((window?.length ?? 0) < FEW_IN_WINDOW) width = Math.min(WIDEST_WINDOW, width * 2)
      start = end
    }
  } finally {
    history.close()
  }
}

function pointsOf(history: DatabaseSync, wanted: (point: string) => boolean): ReadonlyMap<number, StoredPoint> {
  const rows = history.prepare('SELECT id, name, last_seq FROM point').all()
  const points = rows.map((row) => [Number(row.id), { name: String(row.name), lastSeq: Number(row.last_seq) }] as const)
  return new Map(points.filter(([, { name }]) => wanted(name)))
}

/** Null where there is too much of it. */
function readWindow(history: DatabaseSync, points: ReadonlyMap<number, StoredPoint>, { from, to }: Span) {
  const readings: RecordedReading[] = []
  const chunks = history.prepare('SELECT crc, bytes FROM chunk WHERE point = ? AND end >= ? AND start < ? ORDER BY end')
  for (const [id, { name }] of points) {
    for (const row of chunks.iterate(id, from, to)) {
      const bytes = row.bytes as Uint8Array
      // The gateway counts damaged chunks and goes on without them; so do we.
      if (crc32(bytes) !== row.crc) continue
      for (const entry of decodeChunk(bytes)) {
        if (entry.time >= from && entry.time < to) readings.push({ point: name, ...entry })
      }
    }
    if (readings.length > MOST_IN_WINDOW && to - from > NARROWEST_WINDOW) return null
  }
  return readings
}

/** What the journal has and the history did not have on disk when we looked; oldest first. */
function readNewest(
  directory: string,
  {
    points,
    history,
    span: { from, to },
    wanted,
  }: {
    readonly points: ReadonlyMap<number, StoredPoint>
    readonly history: DatabaseSync
    readonly span: Span
    readonly wanted: (point: string) => boolean
  },
): RecordedReading[] {
  if (!existsSync(join(directory, 'readings.sqlite'))) return []
  const reader = new JournalReader(directory)
  try {
    const stored = new Map(Array.from(points.values(), ({ name, lastSeq }) => [name, lastSeq]))
    const newest: RecordedReading[] = []
    const sameFile = numberOf(history, "SELECT value FROM meta WHERE key = 'epoch'") === reader.epoch()
    let seen = sameFile ? numberOf(history, "SELECT value FROM meta WHERE key = 'checkpoint'") : 0
    for (;;) {
      const blocks = reader.blocks({ afterSeq: seen, limit: PORTION })
      for (const block of blocks) {
        for (const reading of decodeBlock(block, { pointName: (index) => reader.pointName(index), afterSeq: seen })) {
          const { seq, receivedAt: _, ...recorded } = reading
          if (reading.time < from || reading.time >= to || !wanted(reading.point)) continue
          if (!sameFile || seq > (stored.get(reading.point) ?? 0)) newest.push(recorded)
        }
        seen = block.lastSeq
      }
      if (blocks.length === 0) return newest.sort((a, b) => a.time - b.time)
    }
  } finally {
    reader.close()
  }
}

function takeUntil(newest: RecordedReading[], end: number): RecordedReading[] {
  const place = newest.findIndex(({ time }) => time >= end)
  return newest.splice(0, place < 0 ? newest.length : place)
}

/** What the gateway has written to the history since is there twice: two readings of a point never share a time. */
function inOrder(window: RecordedReading[], newest: readonly RecordedReading[]): readonly RecordedReading[] {
  if (newest.length === 0) return window.sort((a, b) => a.time - b.time)
  const known = new Set(window.map(({ point, time }) => `${time} ${point}`))
  const fresh = newest.filter(({ point, time }) => !known.has(`${time} ${point}`))
  return [...window, ...fresh].sort((a, b) => a.time - b.time)
}
