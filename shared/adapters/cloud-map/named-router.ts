import type { Router } from '../../ports/router.ts'
import type { Names } from './names.ts'

/**
 * The router of AWS: published ports by the load balancer, peers by name. A task that leaves is gone when both forgot it. Neither
 * holds up the other: both are tried, and the first that failed is told.
 */
export function createNamedRouter(router: Router, names: Names): Router {
  return {
    isVersioned: false,
    async apply(stream, version, wanted, left) {
      const resolved = names.apply(stream, wanted.names ?? [], wanted.targets, left)
      told(await Promise.allSettled([router.apply(stream, version, wanted, left), resolved]))
    },
    async targets(stream, known) {
      const [routed, named] = await Promise.all([router.targets(stream, known), names.targets(stream)])
      return [...new Set([...routed, ...named])]
    },
    async dropUnused() {
      told(await Promise.allSettled([router.dropUnused?.(), names.dropUnused()]))
    },
    check: (stack, fronts) => router.check(stack, fronts),
  }
}

/** @throws the first failure */
function told(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
