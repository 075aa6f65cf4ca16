import type { Stack } from './stack.ts'

/** T1: a deploying stack is looked at a minute after its head, which finds hand-overs and outcomes that were lost. */
export const stackDueAt = (stack: Stack): number | undefined =>
  Object.values(stack.services).some(service => service.outcome === undefined) ? stack.at + 60_000 : undefined
