import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    // Scenarios mostly wait, and begin together.
    maxConcurrency: 100,
    // None of them says anything about speed: they end what would otherwise never end, also on a machine that is busy.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
