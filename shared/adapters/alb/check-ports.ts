import type { PortProblem, Router } from '../../ports/router.ts'
import { onlyHttp } from './routing-fit.ts'

/** ELB's quota for listeners of one load balancer. */
const MOST_LISTENERS = 50

/** What a load balancer listens on, and whether for us. */
export type ListenedOn = ReadonlyMap<number, { readonly isOurs: boolean }>

/** Which of these ports the load balancer could not listen on; it is asked what it has only where nothing else is wrong. */
export async function checkPorts(
  fronts: Parameters<Router['check']>[1],
  listenedOn: () => Promise<ListenedOn>,
): Promise<readonly PortProblem[]> {
  const refused = fronts.flatMap((front): PortProblem[] => {
    const why = onlyHttp({ ...front, layer: front.layer ?? 'http' })
    return why === undefined ? [] : [{ published: front.published, why }]
  })
  if (refused.length || fronts.length === 0) return refused
  const present = await listenedOn()
  const foreign = fronts.filter(front => present.get(front.published)?.isOurs === false)
  const taken = foreign.map(({ published }) => ({ published, why: 'the load balancer listens on it for somebody else' }))
  const fresh = new Set(fronts.map(({ published }) => published).filter(port => !present.has(port)))
  if (taken.length || present.size + fresh.size <= MOST_LISTENERS) return taken
  return [{ published: [...fresh].at(-1)!, why: `a load balancer listens on ${MOST_LISTENERS} ports at most` }]
}
