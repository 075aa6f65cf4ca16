import { checkPorts } from '../../../shared/adapters/alb/check-ports.ts'
import { routingEstimate } from '../../../shared/adapters/alb/routing-cost.ts'
import { routingNotes, routingRefusals } from '../../../shared/adapters/alb/routing-fit.ts'
import { namesEstimate } from '../../../shared/adapters/cloud-map/names-cost.ts'
import { notes } from '../../../shared/adapters/ecs/fit.ts'
import { fargateEstimate } from '../../../shared/adapters/ecs/monthly-cost.ts'
import { secretsEstimate } from '../../../shared/adapters/secrets-manager/secrets-cost.ts'
import type { Blobs } from '../../../shared/ports/blobs.ts'
import type { Claims } from '../../../shared/ports/claims.ts'
import type { Router } from '../../../shared/ports/router.ts'
import type { Runtime } from '../../../shared/ports/runtime.ts'
import { told } from '../environment.ts'
import { onFirstCall } from '../on-first-call.ts'

/** What plans and logs ask of runtime and router. Most of it is pure, and needs no client. */
export const plannedRuntime = (blobs: Blobs): Pick<Runtime, 'prepare' | 'notes' | 'estimate' | 'logs'> => ({
  ...onFirstCall(async () => (await import('../adapters/fitting.ts')).fitting(blobs), ['prepare']),
  notes: spec => notes(spec, 'fargate').map(({ why }) => why),
  estimate: planned => [
    fargateEstimate(told('installation'), told('publicAddress') === 'ENABLED', planned),
    secretsEstimate(`longshore/${told('installation')}`, planned),
  ],
  ...onFirstCall(async () => (await import('../adapters/task-logs.ts')).readTaskLogs(), ['logs']),
})

/** On a load balancer of ours nobody else listens: what it has is what stacks claimed (L10), and it need not be asked. */
export const plannedRouter = (claims: Claims): Pick<Router, 'fit' | 'estimate' | 'check' | 'address'> => ({
  fit: (spec, most) => ({ refusals: routingRefusals(spec, most), notes: routingNotes(spec) }),
  estimate: planned => [routingEstimate(told('installation'), true, planned), namesEstimate(told('installation'), planned)],
  check: (_stack, fronts) => checkPorts(fronts, async () => new Map((await claims.list()).flatMap(({ name }) => listenedOn(name)))),
  ...onFirstCall(async () => (await import('../adapters/balancer-address.ts')).balancerAddress(), ['address']),
})

function listenedOn(claim: string): readonly (readonly [number, { readonly isOurs: true }])[] {
  const port = /^port\/(\d+)\/tcp$/.exec(claim)?.[1]
  return port === undefined ? [] : [[Number(port), { isOurs: true }]]
}
