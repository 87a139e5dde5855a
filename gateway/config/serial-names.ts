/** The names of serial ports: one adapter has several, and some of them belong to another one after a restart. */
import { readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

/** Links that udev makes: by maker, model and serial number; by the socket that the adapter is plugged into. */
export const STABLE_NAMES = ['/dev/serial/by-id', '/dev/serial/by-path'] as const

/** Counted up as adapters appear. */
const COUNTED = /\/tty(USB|ACM)[0-9]+$/

/** The same for all names of one port that is plugged in; else the name in its shortest form. */
export function portOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** Ports under a name that may be another adapter's tomorrow, where a better one is there. */
export function adviseOnSerialNames(file: ConfigFile, folders: readonly string[], advise: Report): void {
  for (const [index, line] of (file.lines ?? []).entries()) {
    if (line.type !== 'modbus-rtu' || !COUNTED.test(line.path)) continue
    const name = stableNameOf(line.path, folders)
    if (name === null) continue
    advise(
      ['lines', index, 'path'],
      `${line.path} may be another adapter after a restart or when one is plugged in again; use ${name}, which stays`,
    )
  }
}

function stableNameOf(path: string, folders: readonly string[]): string | null {
  const port = portOf(path)
  const names = folders.flatMap((folder) => linksIn(folder).filter((name) => portOf(name) === port))
  return names[0] ?? null
}

function linksIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name))
  } catch {
    // No adapter is plugged in, or the system makes no such names.
    return []
  }
}
