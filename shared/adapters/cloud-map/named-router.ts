import { parseStream } from '../../domain/commit.ts'
import type { Router } from '../../ports/router.ts'
import type { Names } from './names.ts'

/**
 * The router of AWS: published ports by the load balancer, peers by name. A task that leaves is gone when both forgot it. Neither
 * holds up the other: both are tried, and the first that failed is told.
 */
export function createNamedRouter(router: Router, names: Names): Router {
  return {
    isVersioned: false,
    ...(router.fit && { fit: router.fit }),
    ...(router.estimate && { estimate: router.estimate }),
    async apply(stream, version, wanted) {
      const own = wanted.aliases === undefined ? [] : [parseStream(stream).service, ...wanted.aliases]
      const resolved = names.apply(stream, [...new Set(own)], wanted.targets)
      const [named, routed] = await Promise.allSettled([resolved, router.apply(stream, version, wanted)])
      for (const outcome of [routed, named]) if (outcome.status === 'rejected') throw outcome.reason
    },
    async targets(stream, known) {
      const [routed, named] = await Promise.all([router.targets(stream, known), names.targets(stream)])
      return [...new Set([...routed, ...named])]
    },
    check: (stack, fronts) => router.check(stack, fronts),
  }
}
