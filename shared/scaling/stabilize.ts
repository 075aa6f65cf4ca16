import type { PastAdvice } from '../domain/scaling-state.ts'

type Windows = { readonly up: number; readonly down: number }

/**
 * Kubernetes' stabilizeRecommendationWithBehaviors: the present count, held between the lowest advice of the up window and the highest of
 * the down window. It may only hold, never move away from the fresh advice (field case 31).
 */
export function stabilize(wanted: number, current: number, past: readonly PastAdvice[], windows: Windows, now: number): number {
  const lows = [wanted, ...within(past, windows.up, now)]
  const highs = [wanted, ...within(past, windows.down, now)]
  return Math.min(Math.max(current, Math.min(...lows)), Math.max(...highs))
}

function within(past: readonly PastAdvice[], window: number, now: number): readonly number[] {
  return past.flatMap(({ wanted }, index) => {
    const end = past[index + 1]?.at ?? now
    return wanted !== undefined && end > now - window ? [wanted] : []
  })
}
