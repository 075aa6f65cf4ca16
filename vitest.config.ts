import { defineConfig } from 'vitest/config'

// Unit, property and contract tests. End-to-end tests share one engine and real ports, so files run a few at a time.
export default defineConfig({
  test: {
    include: ['test/**/*.spec.ts'],
    exclude: ['test/moto/**'], // need an emulator: npm run test:moto
    // Longer than any wait inside of a test or hook, which says what it has waited for in vain.
    testTimeout: 100_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
})
