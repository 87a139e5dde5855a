/** What a command writes to the terminal, kept from it while a test runs. */
import { afterEach, beforeEach, vi } from 'vitest'

export interface Said {
  stdout: string
  stderr: string
}

/** To be called at the top of a test file; each test begins with nothing said. */
export function hearWhatIsSaid(): Said {
  const said: Said = { stdout: '', stderr: '' }
  beforeEach(() => {
    for (const stream of ['stdout', 'stderr'] as const) {
      said[stream] = ''
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        said[stream] += String(text)
        return true
      })
    }
  })
  afterEach(() => void vi.restoreAllMocks())
  return said
}
