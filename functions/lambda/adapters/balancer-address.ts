import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { balancerName } from '../../../shared/adapters/alb/alb-names.ts'
import { lookForBalancer } from '../../../shared/adapters/alb/look-for-balancer.ts'
import type { Router } from '../../../shared/ports/router.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

/** Asked when somebody is told where a stack is reached. */
export const balancerAddress = (): Required<Pick<Router, 'address'>> => {
  const installation = told('installation')
  const place = { client: new ElasticLoadBalancingV2Client(PATIENCE), installation, balancer: { name: balancerName(installation) } }
  return { address: async () => (await lookForBalancer(place))?.host }
}
