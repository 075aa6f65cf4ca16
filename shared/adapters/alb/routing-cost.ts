import { targetCheck } from '../../domain/checks-on-aws.ts'
import { serviceStream } from '../../domain/commit.ts'
import type { Estimate, Planned } from '../../ports/estimate.ts'
import { balancerName, groupName } from './alb-names.ts'

/** us-east-1, US dollars an hour (aws.amazon.com/elasticloadbalancing/pricing, 2026-11), and a month of hours. LCUs come on top, by use. */
const ALB_HOUR = 0.0225
const HOURS = 730

/** A listener and a target group for each published port; one load balancer for the installation, unless it is the user's own. */
export function routingEstimate(installation: string, isOurs: boolean, { stack, service, spec }: Planned): Estimate {
  const ports = spec.ports.flatMap(({ published }) => published ?? [])
  const groups = ports.map(
    port => `target group ${groupName(installation, serviceStream(stack, service), port, targetCheck(spec))} behind listener ${port}`,
  )
  const shared = ports.length && isOurs ? { [`load balancer ${balancerName(installation)}`]: ALB_HOUR * HOURS } : {}
  return { resources: groups, idle: 0, running: 0, shared }
}
