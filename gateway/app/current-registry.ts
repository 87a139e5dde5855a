import { createRegistry, type DutyRegistry } from '../registry/registry.ts'
import type { RegistryContent } from '../registry/registry-content.ts'

/** The registry of the configuration that runs; made anew when that is another one. */
export function currentRegistry(content: () => RegistryContent): () => DutyRegistry {
  let made: { readonly content: RegistryContent; readonly registry: DutyRegistry } | null = null
  return () => {
    const now = content()
    if (made?.content !== now) made = { content: now, registry: createRegistry(now) }
    return made.registry
  }
}
