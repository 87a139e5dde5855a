/**
 * To be called when a configuration has been applied. Reading it leaves behind several times what stays of it, and V8 would
 * carry that until its heap is full, which on a quiet station is never. Takes a fraction of a second; nothing without
 * `--expose-gc`.
 */
export function tidyMemory(): void {
  globalThis.gc?.()
}
