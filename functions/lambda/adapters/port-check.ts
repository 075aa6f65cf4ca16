import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { balancerName } from '../../../shared/adapters/alb/alb-names.ts'
import { checkPorts } from '../../../shared/adapters/alb/check-ports.ts'
import type { Router } from '../../../shared/ports/router.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const portCheck = (): Pick<Router, 'check'> => {
  const installation = told('installation')
  const place = { client: new ElasticLoadBalancingV2Client(PATIENCE), installation, balancer: { name: balancerName(installation) } }
  return { check: (_stack, fronts) => checkPorts(place, fronts) }
}
