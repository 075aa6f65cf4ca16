import { routingEstimate } from '../../shared/adapters/alb/routing-cost.ts'
import { routingNotes, routingRefusals } from '../../shared/adapters/alb/routing-fit.ts'
import { namesEstimate } from '../../shared/adapters/cloud-map/names-cost.ts'
import { notes } from '../../shared/adapters/ecs/fit.ts'
import { fargateEstimate } from '../../shared/adapters/ecs/monthly-cost.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import type { Planned } from '../../shared/ports/estimate.ts'
import { api } from '../api.ts'
import { actPorts } from './act-ports.ts'
import { told } from './environment.ts'
import { blobs } from './ports/blobs.ts'
import { images } from './ports/images.ts'
import { registry } from './ports/registry.ts'
import { tokens } from './ports/tokens.ts'

const info = {
  version: told('version'),
  installation: told('installation'),
  runtime: 'ecs',
  runtimeDetail: `tasks of cluster ${told('cluster')}`,
}
const ports = actPorts()
const { installation } = info
/** What plans ask at once is pure, and needs no client. */
const runtime = {
  ...ports.runtime,
  notes: (spec: ServiceSpec) => notes(spec, 'fargate').map(({ why }) => why),
  estimate: (planned: Planned) => [fargateEstimate(installation, told('publicAddress') === 'ENABLED', planned)],
}
const router = {
  ...ports.router,
  fit: (spec: ServiceSpec, most: number) => ({ refusals: routingRefusals(spec, most), notes: routingNotes(spec) }),
  estimate: (planned: Planned) => [routingEstimate(installation, true, planned), namesEstimate(installation, planned)],
}
export const handler = api({
  ...ports,
  runtime,
  router,
  blobs: blobs(),
  images: images(),
  registry: registry(),
  tokens: tokens(),
  info,
})
