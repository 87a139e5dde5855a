/**
 * A ZIP file, written while its parts are made (APPNOTE 6.3.3): sizes and sums stand behind each part. No file of ours comes near
 * the 4 GB beyond which the format needs more.
 */
import { Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

export interface ZipPart {
  readonly name: string
  readonly content: Iterable<string>
}

interface Written {
  readonly name: Buffer
  readonly offset: number
  readonly crc: number
  readonly size: number
  readonly packed: number
}

const VERSION = 20
/** Bit 3: sizes follow the part; bit 11: names are UTF-8. */
const FLAGS = 0x0808
const DEFLATE = 8
/** 1980-01-01: the same table gives the same bytes. */
const DOS_DATE = 0x0021

export async function* zipOf(parts: Iterable<ZipPart>): AsyncGenerator<Buffer> {
  const written: Written[] = []
  let offset = 0
  for (const { name, content } of parts) {
    const start = offset
    const nameBytes = Buffer.from(name)
    const header = fields([4, 0x04034b50], ...common(), [4, 0], [4, 0], [4, 0], [2, nameBytes.length], [2, 0])
    offset += header.length + nameBytes.length
    yield Buffer.concat([header, nameBytes])
    const sum = { crc: 0, size: 0 }
    let packed = 0
    for await (const chunk of Readable.from(summed(content, sum)).pipe(createDeflateRaw()) as AsyncIterable<Buffer>) {
      packed += chunk.length
      yield chunk
    }
    const { crc, size } = sum
    const descriptor = fields([4, 0x08074b50], [4, crc], [4, packed], [4, size])
    offset += packed + descriptor.length
    yield descriptor
    written.push({ name: nameBytes, offset: start, crc, size, packed })
  }
  yield directoryOf(written, offset)
}

function* summed(content: Iterable<string>, sum: { crc: number; size: number }): Generator<Buffer> {
  for (const text of content) {
    const bytes = Buffer.from(text)
    sum.crc = crc32(bytes, sum.crc)
    sum.size += bytes.length
    yield bytes
  }
}

function directoryOf(written: readonly Written[], offset: number): Buffer {
  const entries = written.map(({ name, offset: start, crc, size, packed }) =>
    Buffer.concat([
      fields([4, 0x02014b50], [2, VERSION], ...common(), [4, crc], [4, packed], [4, size]),
      fields([2, name.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, start]),
      name,
    ]),
  )
  const bytes = entries.reduce((sum, entry) => sum + entry.length, 0)
  const count = written.length
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, bytes], [4, offset], [2, 0])
  return Buffer.concat([...entries, end])
}

function common(): (readonly [2 | 4, number])[] {
  return [
    [2, VERSION],
    [2, FLAGS],
    [2, DEFLATE],
    [2, 0],
    [2, DOS_DATE],
  ]
}

/** Little-endian, each with its number of bytes. */
function fields(...list: (readonly [2 | 4, number])[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of list) {
    buffer.writeUIntLE(value, at, bytes)
    at += bytes
  }
  return buffer
}
