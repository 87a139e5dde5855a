import type { DocumentPath } from '../device-profiles/yaml-document.ts'

/** Takes what is wrong with a place of a scenario file. */
export type Report = (path: DocumentPath, message: string, options?: { readonly at: 'key' | 'value' }) => void
