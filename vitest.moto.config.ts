import { defineConfig } from 'vitest/config'

// The contracts of the AWS adapters against moto, which the setup installs and starts: `npm run test:moto`.
export default defineConfig({
  test: {
    include: ['test/moto/**/*.spec.ts'],
    globalSetup: ['test/moto/moto-server.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
