import type { PastAdvice } from '../domain/scaling-state.ts'

type Windows = { readonly up: number; readonly down: number }

/**
 * Kubernetes' stabilizeRecommendationWithBehaviors: the present count, held between the lowest advice of the up window and the highest of
 * the down window. It may only hold, never move away from the fresh advice (field case 31). A stretch of which nothing is known, before
 * the first advice or while readings were missing, counts as the present count on the way down (ADR 33), and for nothing on the way up.
 */
export function stabilize(wanted: number, current: number, past: readonly PastAdvice[], windows: Windows, now: number): number {
  const lows = within(past, windows.up, now).flatMap(low => low ?? [])
  const highs = within([{ at: Number.NEGATIVE_INFINITY }, ...past], windows.down, now).map(high => high ?? current)
  return Math.min(Math.max(current, Math.min(wanted, ...lows)), Math.max(wanted, ...highs))
}

/** An advice lasts until the next one, or until now. */
const within = (past: readonly PastAdvice[], window: number, now: number): readonly PastAdvice['wanted'][] =>
  past.filter((_, index) => (past[index + 1]?.at ?? now) > now - window).map(({ wanted }) => wanted)
