/** Groups of tests that need something of their machine. */
import { describe, expect, test } from 'vitest'

/**
 * `describe` where `missing` is null. Otherwise the group is skipped and says why; with OUTPOST_REQUIRE_SERVERS set it fails instead.
 * `missing`: what is not there, and how to get it.
 */
export function describeWith(missing: string | null): (title: string, body: () => void) => void {
  return (title, body) => {
    if (missing === null) {
      describe(title, body)
      return
    }
    if (process.env.OUTPOST_REQUIRE_SERVERS) {
      test(title, () => expect.fail(`${missing}, and OUTPOST_REQUIRE_SERVERS is set`))
      return
    }
    console.warn(`skipped: ${title}: ${missing}`)
    describe.skip(`${title} (skipped: ${missing})`, body)
  }
}
