/** The vectors of a profile, tried: what their bytes decode to, and whether the values give the bytes again. */
import { canonicalJson } from './codec/canonical-json.ts'
import type { Decoded, DecodedMessage } from './codec/decoded.ts'
import { derivePoints, sourceValues } from './codec/derive.ts'
import { createMessageDecoder, encodeMessage } from './codec/message.ts'
import { encodeUplink } from './codec/network-server.ts'
import { exampleParameters } from './example-parameters.ts'
import type { DeviceProfile, Vector } from './schema.ts'
import { decodeVectorRegisters, frameDifferences, registerDifferences } from './vector-registers.ts'

export interface VectorVerdict {
  /** Its note, or its number. */
  readonly name: string
  /** What came otherwise than the vector says; empty where all is well. */
  readonly differences: readonly string[]
  /** Why it could not be tried. */
  readonly skipped?: string
}

/** What the vectors give in decimals is compared to so much, in the point's unit. */
const TOLERANCE = 0.00005

/** What decodes a message that needs more than itself to be understood, as one that only its maker's script understands. */
export type MessageReading = (
  profile: DeviceProfile,
  message: Uint8Array,
  parameters: Readonly<Record<string, number>>,
) => Promise<DecodedMessage>

/** Never throws for what the profile says, if it has no problem. `read`: for the format `codec`; without it those are skipped. */
export async function checkVectors(profile: DeviceProfile, read?: MessageReading): Promise<readonly VectorVerdict[]> {
  const verdicts: VectorVerdict[] = []
  for (const [i, vector] of (profile.vectors ?? []).entries()) {
    const name = vector.note ?? `vector ${i + 1}`
    verdicts.push({ name, ...(await tryVector(profile, vector, read)) })
  }
  return verdicts
}

async function tryVector(
  profile: DeviceProfile,
  vector: Vector,
  read: MessageReading | undefined,
): Promise<Pick<VectorVerdict, 'differences' | 'skipped'>> {
  const parameters = exampleParameters(profile, vector.parameters)
  if (vector.registers !== undefined) {
    const decoded = decodeVectorRegisters(profile, vector.registers, parameters)
    const differences = valueDifferences(profile, vector, derivePoints(profile, parameters, decoded))
    const written = vector.encodes === false ? [] : registerDifferences(profile, { vector, parameters })
    return { differences: [...frameDifferences(vector), ...differences, ...written] }
  }
  const format = profile.mqtt?.payload.format
  const isScript = format === 'codec'
  if ((isScript && read === undefined) || format === 'sparkplug-b' || format === 'senml') {
    return { differences: [], skipped: `a message of the format ${format} is not understood by itself` }
  }
  const message = vectorMessage(profile, vector)
  const decoded =
    isScript && read !== undefined
      ? await read(profile, message, parameters)
      : createMessageDecoder(profile, parameters)(message)
  if ('malformed' in decoded) return { differences: [`the message is not understood: ${decoded.malformed}`] }
  const differences = valueDifferences(profile, vector, derivePoints(profile, parameters, decoded.points))
  if (vector.encodes === false || isScript || differences.length > 0) return { differences }
  return { differences: messageDifferences(profile, { vector, parameters, message }) }
}

/** As a broker would deliver it; through a network server, as ChirpStack would. */
export function vectorMessage({ mqtt }: DeviceProfile, { text, hex, fPort }: Vector): Uint8Array {
  const bytes = Buffer.from(hex ?? '', 'hex')
  if (mqtt?.through !== 'lorawan') return text === undefined ? bytes : new TextEncoder().encode(text)
  const object = text === undefined ? undefined : (JSON.parse(text) as unknown)
  const port = fPort ?? ('fPort' in mqtt.payload ? mqtt.payload.fPort : undefined) ?? 1
  return encodeUplink('chirpstack-v4', { bytes, object, fPort: port })
}

function valueDifferences(
  profile: DeviceProfile,
  { expect }: Vector,
  decoded: ReadonlyMap<string, Decoded>,
): readonly string[] {
  const differences: string[] = []
  for (const [id, expected] of Object.entries(expect)) {
    const unit = profile.points.find((point) => point.id === id)?.unit ?? '1'
    const found = decoded.get(id)
    if (found !== undefined && isAsExpected(found, expected)) continue
    const got = found === undefined ? 'nothing: it does not stand in these bytes' : decodedText(found, unit)
    differences.push(`${id}: expected ${valueText(expected, unit)}, got ${got}`)
  }
  for (const [id, found] of decoded) {
    if (Object.hasOwn(expect, id)) continue
    const unit = profile.points.find((point) => point.id === id)?.unit ?? '1'
    differences.push(`${id}: got ${decodedText(found, unit)}, and "expect" does not name it; add it`)
  }
  return differences
}

function isAsExpected(found: Decoded, expected: number | string): boolean {
  if (!('value' in found)) return found.fault === expected
  if (typeof expected !== 'number' || typeof found.value !== 'number') return found.value === expected
  return Math.abs(found.value - expected) < TOLERANCE
}

function decodedText(found: Decoded, unit: string): string {
  return 'value' in found ? valueText(found.value, unit) : `no value (${found.fault}: ${found.detail})`
}

function valueText(value: number | string, unit: string): string {
  if (typeof value === 'string') return `"${value}"`
  return unit === '1' ? String(value) : `${value} ${unit}`
}

function messageDifferences(
  profile: DeviceProfile,
  {
    vector,
    parameters,
    message,
  }: { readonly vector: Vector; readonly parameters: Readonly<Record<string, number>>; readonly message: Uint8Array },
): readonly string[] {
  let encoded: Uint8Array
  try {
    encoded = encodeMessage(profile, sourceValues(profile, parameters, vector.expect), { parameters })
  } catch (error) {
    return [`written again: ${error instanceof Error ? error.message : String(error)}`]
  }
  const isJson = vector.text !== undefined || profile.mqtt?.through !== undefined
  const [wanted, got] = [message, encoded].map((bytes) =>
    isJson ? canonical(bytes) : Buffer.from(bytes).toString('hex'),
  )
  if (wanted === got) return []
  return [`written again: expected ${wanted}, got ${got}; "encodes: false" where several messages say the same`]
}

function canonical(bytes: Uint8Array): string {
  return canonicalJson(JSON.parse(new TextDecoder().decode(bytes)))
}
