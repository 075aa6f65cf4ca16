/** Milliseconds in which something may still be added to what a router leads to; none or less: it is too late. */
export type TimeLeft = () => number

/** A fold was read too long ago to be acted on: what it says may be undone already (E5). The routes are computed again. */
export class RoutesOutdated extends Error {
  override readonly name = 'RoutesOutdated' as const
}

/**
 * Sends a request that adds something, its repetitions included, while time is left, and gives it up then. Without `left` nothing is too late.
 * @throws RoutesOutdated
 */
export async function inTime<T>(left: TimeLeft | undefined, send: (options: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
  if (!left) return send({})
  const ms = left()
  if (ms <= 0) throw new RoutesOutdated('the routes were decided too long ago')
  const abortSignal = AbortSignal.timeout(Math.ceil(ms))
  try {
    return await send({ abortSignal })
  } catch (error) {
    if (!abortSignal.aborted) throw error
    throw new RoutesOutdated('the routes could not be changed in time', { cause: error })
  }
}
