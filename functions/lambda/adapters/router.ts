import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery'
import { createAlbRouter } from '../../../shared/adapters/alb/alb-router.ts'
import { createNamedRouter } from '../../../shared/adapters/cloud-map/named-router.ts'
import { createNames } from '../../../shared/adapters/cloud-map/names.ts'
import { createBalancerGroups } from '../../../shared/adapters/ec2/router-groups.ts'
import { peerZone } from '../../../shared/domain/peer-names.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Router } from '../../../shared/ports/router.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const router = (clock: Clock): Router => {
  const [installation, vpc] = [told('installation'), told('vpc')]
  const balancer = createAlbRouter({
    client: new ElasticLoadBalancingV2Client(PATIENCE),
    vpc,
    subnets: told('subnets').split(','),
    installation,
    clock,
    drainSeconds: 30,
    groups: createBalancerGroups({ client: new EC2Client(PATIENCE), vpc, installation, taskGroup: told('securityGroup') }),
  })
  const client = new ServiceDiscoveryClient(PATIENCE)
  return createNamedRouter(balancer, createNames({ client, installation, vpc, domain: peerZone(installation), clock }))
}
