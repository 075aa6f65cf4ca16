import { fewestTasks } from '../../domain/fewest-tasks.ts'
import { peerDomain, peerNames, peerZone } from '../../domain/peer-names.ts'
import type { Estimate, Planned } from '../../ports/estimate.ts'

/** us-east-1, US dollars a month (aws.amazon.com/route53/pricing, aws.amazon.com/cloud-map/pricing, 2026-11): a zone, and a task under a name. */
export const ZONE_MONTH = 0.5
export const INSTANCE_MONTH = 0.1

/** A name for the service and each alias, in the one zone of the installation. */
export function namesEstimate(installation: string, { stack, service, spec, tasks }: Planned): Estimate {
  const names = peerNames(service, spec.networks)
  const each = names.length * INSTANCE_MONTH
  return {
    resources: names.map(name => `name ${name}.${peerDomain(installation, stack)}`),
    idle: each * fewestTasks(spec, tasks),
    running: each * tasks,
    shared: names.length > 0 ? { [`DNS zone ${peerZone(installation)}`]: ZONE_MONTH } : {},
  }
}
