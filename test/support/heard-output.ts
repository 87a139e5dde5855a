/** What a command writes to the terminal, while it runs in the process of the test. */
import { afterEach, beforeEach, vi } from 'vitest'

export interface HeardOutput {
  stdout: string
  stderr: string
}

/** To be called once in a file; begins anew before each test. */
export function hearOutput(): HeardOutput {
  const heard: HeardOutput = { stdout: '', stderr: '' }
  beforeEach(() => {
    for (const stream of ['stdout', 'stderr'] as const) {
      heard[stream] = ''
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        heard[stream] += String(text)
        return true
      })
    }
  })
  afterEach(() => void vi.restoreAllMocks())
  return heard
}
