import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { createTargetHealth } from '../../../shared/adapters/alb/target-health.ts'
import type { TargetHealth } from '../../../shared/ports/target-health.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const targetHealth = (): TargetHealth =>
  createTargetHealth({ client: new ElasticLoadBalancingV2Client(PATIENCE), installation: told('installation') })
