import { setTimeout as sleep } from 'node:timers/promises'

/** Asks until the answer is neither undefined nor false, and gives it; fails with the last error or `what` when the bound is over. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  boundMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + boundMs
  let failure: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      failure = undefined
    } catch (error) {
      failure = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${boundMs} ms: ${what}`, { cause: failure })
    await sleep(20)
  }
}
