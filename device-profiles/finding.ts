import type { DocumentPath } from './yaml-document.ts'

/** Something that a file of the right form says wrong. */
export interface Finding {
  readonly path: DocumentPath
  readonly message: string
  /** Legal, but probably a slip. */
  readonly isAdvice?: boolean
}
