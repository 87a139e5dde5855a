/** Writes `profile.schema.json` and `kind.schema.json`, which editors use to help with the YAML files. Run: node device-profiles/profile-schema.ts */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DeviceProfile, KindProfile } from './schema.ts'

/** File name and text of each generated schema. */
export function schemaFiles(): readonly { readonly name: string; readonly text: string }[] {
  return [
    { name: 'profile.schema.json', text: schemaText('Outpost device profile', DeviceProfile) },
    { name: 'kind.schema.json', text: schemaText('Outpost kind of device', KindProfile) },
  ]
}

function schemaText(title: string, schema: object): string {
  const draft = 'http://json-schema.org/draft-07/schema#'
  return `${JSON.stringify({ $schema: draft, title, ...schema }, null, 2)}\n`
}

if (import.meta.main) {
  for (const { name, text } of schemaFiles()) writeFileSync(join(import.meta.dirname, name), text)
}
