import type { PortProblem, Router } from '../../ports/router.ts'
import { listenersOf, lookForBalancer, type Place } from './look-for-balancer.ts'
import { onlyHttp } from './routing-fit.ts'

/** ELB's quota for listeners of one load balancer. */
const MOST_LISTENERS = 50

/** Which of these ports the load balancer could not listen on. @throws what ELB answers */
export async function checkPorts(place: Place, fronts: Parameters<Router['check']>[1]): Promise<readonly PortProblem[]> {
  const refused = fronts.flatMap((front): PortProblem[] => {
    const why = onlyHttp({ ...front, layer: front.layer ?? 'http' })
    return why === undefined ? [] : [{ published: front.published, why }]
  })
  if (refused.length || fronts.length === 0) return refused
  const there = await lookForBalancer(place)
  const listeners = there ? await listenersOf(place, there.arn) : []
  const foreign = fronts.filter(front => listeners.some(({ port, isOurs }) => port === front.published && !isOurs))
  const taken = foreign.map(({ published }) => ({ published, why: 'the load balancer listens on it for somebody else' }))
  const fresh = new Set(fronts.map(({ published }) => published).filter(port => !listeners.some(listener => listener.port === port)))
  if (taken.length || listeners.length + fresh.size <= MOST_LISTENERS) return taken
  return [{ published: [...fresh].at(-1)!, why: `a load balancer listens on ${MOST_LISTENERS} ports at most` }]
}
