/**
 * Waits until somebody wakes the set, `retryMs` is over (both true), or `ms` is over or the signal came (both false). Waiters wake in the order
 * of their coming.
 */
export function waitForChange(waiters: Set<() => void>, ms: number, retryMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || ms <= 0) return Promise.resolve(false)
  return new Promise(resolve => {
    const settle = (isWorthIt: boolean) => {
      clearTimeout(timer)
      waiters.delete(wake)
      signal.removeEventListener('abort', abandon)
      resolve(isWorthIt)
    }
    const wake = () => settle(true)
    const abandon = () => settle(false)
    const timer = setTimeout(() => settle(retryMs < ms), Math.min(ms, retryMs) + 1)
    waiters.add(wake)
    signal.addEventListener('abort', abandon, { once: true })
  })
}

/** Wakes those who wait now; who begins to wait meanwhile is not woken. */
export function wakeAll(waiters: ReadonlySet<() => void>): void {
  for (const wake of [...waiters]) wake()
}
