/** A file system of a few megabytes, which can be filled up and emptied. Needs the right to mount. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BLOCK = new Uint8Array(64 * 1024)

export class SmallDisk {
  readonly path: string
  readonly #ballast: string

  /** `megabytes`: how much it holds. */
  constructor(megabytes: number) {
    this.path = mkdtempSync(join(tmpdir(), 'outpost-small-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.path], { stdio: 'pipe' })
    this.#ballast = join(this.path, 'ballast')
  }

  /** Leaves not one byte. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (let size = BLOCK.length; size >= 1; size = Math.floor(size / 2)) this.#write(file, size)
    } finally {
      closeSync(file)
    }
  }

  empty(): void {
    rmSync(this.#ballast, { force: true })
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  remove(): void {
    execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' })
    rmSync(this.path, { recursive: true, force: true })
  }

  #write(file: number, size: number): void {
    try {
      while (writeSync(file, BLOCK, 0, size) === size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

export function canMount(): boolean {
  try {
    new SmallDisk(1).remove()
    return true
  } catch {
    return false
  }
}
