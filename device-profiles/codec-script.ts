/** The scripts of makers that profiles name. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import type { Finding } from './finding.ts'
import type { CodecScript, DeviceProfile } from './schema.ts'

/** The longest public codecs have some 50 KB; each message loads the script anew. */
const MAX_BYTES = 256 * 1024

/** The script beside the profile's file, and what is wrong with it. Its text is only looked at, not run. */
export function readCodecScript(
  { mqtt }: DeviceProfile,
  profileFile: string,
): { readonly codec?: CodecScript; readonly findings: readonly Finding[] } {
  const payload = mqtt?.payload
  if (payload?.format !== 'codec') return { findings: [] }
  const file = join(dirname(profileFile), payload.file)
  const problem = (message: string) => ({ findings: [{ path: ['mqtt', 'payload', 'file'], message }] })
  try {
    if (statSync(file).size > MAX_BYTES) return problem(`expected a script of at most ${MAX_BYTES / 1024} KiB`)
    const source = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    const syntax = syntaxProblem(source)
    return syntax === null ? { codec: { file, source }, findings: [] } : problem(`${payload.file} ${syntax}`)
  } catch (error) {
    return problem(`${payload.file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Public codecs do not always parse; then every message of every unit would fail. */
function syntaxProblem(source: string): string | null {
  try {
    new Script(source, { filename: 'codec' })
    return null
  } catch (error) {
    if (!(error instanceof Error)) return 'does not parse'
    const line = /^codec:(\d+)/.exec(error.stack ?? '')?.[1]
    return `does not parse${line === undefined ? '' : ` at line ${line}`}: ${error.message}`
  }
}
