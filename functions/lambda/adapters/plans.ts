import { checkPorts } from '../../../shared/adapters/alb/check-ports.ts'
import { routingEstimate } from '../../../shared/adapters/alb/routing-cost.ts'
import { routingNotes, routingRefusals } from '../../../shared/adapters/alb/routing-fit.ts'
import { namesEstimate } from '../../../shared/adapters/cloud-map/names-cost.ts'
import { notes } from '../../../shared/adapters/ecs/fit.ts'
import { fargateEstimate } from '../../../shared/adapters/ecs/monthly-cost.ts'
import { whyRefused } from '../../../shared/adapters/ecs/why-refused.ts'
import { secretsEstimate } from '../../../shared/adapters/secrets-manager/secrets-cost.ts'
import type { Blobs } from '../../../shared/ports/blobs.ts'
import type { Claims } from '../../../shared/ports/claims.ts'
import type { Router } from '../../../shared/ports/router.ts'
import type { Runtime } from '../../../shared/ports/runtime.ts'
import type { PlanningPorts } from '../../routes/context.ts'
import { told } from '../environment.ts'
import { FARGATE } from '../fargate.ts'

/** What plans ask of runtime and router: it needs no client of its own. */
export const planning = ({ claims, blobs }: { readonly claims: Claims; readonly blobs: Blobs }): PlanningPorts => ({
  runtime: plannedRuntime(blobs),
  router: plannedRouter(claims),
})

export const plannedRuntime = (blobs: Blobs): Pick<Runtime, 'prepare' | 'notes' | 'estimate'> => ({
  prepare: spec => whyRefused(FARGATE(), spec, blobs),
  notes: spec => notes(spec, 'fargate').map(({ why }) => why),
  estimate: planned => [
    fargateEstimate(told('installation'), told('publicAddress') === 'ENABLED', planned),
    secretsEstimate(`longshore/${told('installation')}`, planned),
  ],
})

/** On a load balancer of ours nobody else listens: what it has is what stacks claimed (L10), and it need not be asked. */
const plannedRouter = (claims: Claims): Pick<Router, 'fit' | 'estimate' | 'check'> => ({
  fit: (spec, most) => ({ refusals: routingRefusals(spec, most), notes: routingNotes(spec) }),
  estimate: planned => [routingEstimate(told('installation'), true, planned), namesEstimate(told('installation'), planned)],
  check: (_stack, fronts) => checkPorts(fronts, async () => new Map((await claims.list()).flatMap(({ name }) => listenedOn(name)))),
})

function listenedOn(claim: string): readonly (readonly [number, { readonly isOurs: true }])[] {
  const port = /^port\/(\d+)\/tcp$/.exec(claim)?.[1]
  return port === undefined ? [] : [[Number(port), { isOurs: true }]]
}
