/** Writes `profile.schema.json` and `kind.schema.json`, which editors use to help with the YAML files. Run: node device-profiles/profile-schema.ts */
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { editorSchemaText } from './editor-schema.ts'
import { PROFILE_KEYS } from './key-descriptions.ts'
import { DeviceProfile, KindProfile } from './schema.ts'

/** File name and text of each generated schema. */
export function schemaFiles(): readonly { readonly name: string; readonly text: string }[] {
  const files = globSync('*schema.ts', { cwd: import.meta.dirname }).sort()
  const sources = files.map((file) => pathToFileURL(join(import.meta.dirname, file)))
  const common = { sources, descriptions: PROFILE_KEYS, takesVariables: false }
  return [
    {
      name: 'profile.schema.json',
      text: editorSchemaText(DeviceProfile, { ...common, title: 'Outpost device profile' }),
    },
    { name: 'kind.schema.json', text: editorSchemaText(KindProfile, { ...common, title: 'Outpost kind of device' }) },
  ]
}

if (import.meta.main) {
  for (const { name, text } of schemaFiles()) writeFileSync(join(import.meta.dirname, name), text)
}
