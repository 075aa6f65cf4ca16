import { describe } from 'vitest'
import { containerTestsAreLeftOut } from './docker-engine.ts'
import { makeDockerHarness } from './docker-harness.ts'
import { runtimeContract } from './runtime-contract.ts'

describe.skipIf(containerTestsAreLeftOut())('with a container engine', () => {
  runtimeContract('docker', makeDockerHarness)
})
