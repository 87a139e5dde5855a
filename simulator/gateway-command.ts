/** How a gateway is started as a process of its own: file and options for this same Node, as `npm run outpost` has them. */
import { fileURLToPath } from 'node:url'

export const GATEWAY_COMMAND: readonly string[] = [
  ...['--max-old-space-size=1024', '--max-semi-space-size=8', '--no-sparkplug', '--expose-gc'],
  fileURLToPath(new URL('../gateway/start.mjs', import.meta.url)),
]
