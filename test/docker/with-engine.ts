import { afterAll, beforeAll, describe } from 'vitest'
import { containerTestsAreLeftOut } from '../contracts/docker-engine.ts'
import { type DockerHarness, makeDockerHarness } from '../contracts/docker-harness.ts'

/** Tests on the real engine, with an installation of their own that is removed afterwards. */
export function describeWithEngine(name: string, tests: (given: () => DockerHarness) => void): void {
  describe.skipIf(containerTestsAreLeftOut())(name, () => {
    let harness: DockerHarness | undefined
    beforeAll(async () => {
      harness = await makeDockerHarness()
    })
    afterAll(async () => {
      await harness?.close()
    })
    tests(() => harness!)
  })
}
