import { defineConfig } from 'vitest/config'

// npm run test:cloud: the synthesized app on an AWS emulator, with real containers. Each file has an emulator of its own, and mostly waits; two at a time.
export default defineConfig({
  test: {
    include: ['test/cloud/**/*.cloud.ts'],
    globalSetup: ['test/cloud/install.ts'],
    testTimeout: 1_500_000,
    hookTimeout: 900_000,
    maxWorkers: 2,
  },
})
