import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { createAlbRouter } from '../../../shared/adapters/alb/alb-router.ts'
import { createBalancerGroups } from '../../../shared/adapters/ec2/router-groups.ts'
import type { Router } from '../../../shared/ports/router.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const router = (): Router =>
  createAlbRouter({
    client: new ElasticLoadBalancingV2Client(PATIENCE),
    vpc: told('vpc'),
    subnets: told('subnets').split(','),
    installation: told('installation'),
    drainSeconds: 30,
    groups: createBalancerGroups(groupOptions()),
  })

const groupOptions = () => ({
  client: new EC2Client(PATIENCE),
  vpc: told('vpc'),
  installation: told('installation'),
  taskGroup: told('securityGroup'),
})
