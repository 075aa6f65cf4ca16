import { afterAll, beforeAll, describe } from 'vitest'
import { execContract } from './runtime-exec-contract.ts'
import type { RuntimeHarness } from './runtime-harness.ts'
import { logsContract } from './runtime-logs-contract.ts'
import { seenContract } from './runtime-seen-contract.ts'
import { startsContract } from './runtime-starts-contract.ts'
import { stopsContract } from './runtime-stops-contract.ts'

/** What every runtime must do, run on each of them: `runtimeContract('docker', makeDockerHarness)` in a spec file of its own. */
export function runtimeContract(name: string, make: () => Promise<RuntimeHarness>): void {
  describe(`the runtime ${name}`, () => {
    let harness: RuntimeHarness | undefined
    beforeAll(async () => {
      harness = await make()
    })
    afterAll(async () => {
      await harness?.close()
    })
    const given = (): RuntimeHarness => harness!
    startsContract(given)
    stopsContract(given)
    seenContract(given)
    logsContract(given)
    execContract(given)
  })
}
