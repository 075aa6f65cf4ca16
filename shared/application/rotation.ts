const MINUTE = 60_000

/**
 * Which streams one sweep of a minute looks at, when it may look at no more than `most`: each comes once in as many minutes as it takes. The
 * minute itself is the place in the rotation, so nothing has to be remembered, and a sweep that failed costs its part one round.
 */
export function inRotation(streams: readonly string[], most: number | undefined, now: number): ReadonlySet<string> {
  const rounds = most === undefined ? 1 : Math.max(1, Math.ceil(streams.length / most))
  const round = Math.floor(now / MINUTE) % rounds
  return new Set(streams.filter((_, index) => index % rounds === round))
}
