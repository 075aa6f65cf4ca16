import { fewestTasks } from '../../domain/fewest-tasks.ts'
import { networkGroupName } from '../../domain/network-group-name.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import { taskFamily } from '../../domain/task-family.ts'
import type { Estimate, Planned } from '../../ports/estimate.ts'
import { fargateSize, type TaskSize } from './fargate-size.ts'

/** us-east-1, US dollars, Fargate on Linux and x86 (aws.amazon.com/fargate/pricing, 2026-11). */
const VCPU_HOUR = 0.04048
const GB_HOUR = 0.004445
/** Each task in a public subnet has one. */
const ADDRESS_HOUR = 0.005
/** An hourly price's month, as AWS's own calculator counts it. */
const HOURS = 730

/** US dollars a month of one task that runs all the time. */
export const taskMonth = ({ cpu, memory }: TaskSize, hasAddress: boolean): number =>
  HOURS * ((cpu / 1_024) * VCPU_HOUR + (memory / 1_024) * GB_HOUR + (hasAddress ? ADDRESS_HOUR : 0))

/** Dollars a month while nobody asks for anything, and with all `tasks` running; undefined where no size of Fargate holds the spec. */
export function monthlyCost(
  spec: ServiceSpec,
  tasks: number,
  hasAddress: boolean,
): { readonly idle: number; readonly running: number } | undefined {
  const size = fargateSize(spec.resources)
  if (!size) return undefined
  const one = taskMonth(size, hasAddress)
  return { idle: fewestTasks(spec, tasks) * one, running: tasks * one }
}

/** A task-definition family, security groups of its networks, and what the tasks cost by the hour. */
export const fargateEstimate = (installation: string, hasAddress: boolean, { stack, service, spec, tasks }: Planned): Estimate => ({
  resources: [`task definition ${taskFamily(installation, stack, service)}`],
  shared: Object.fromEntries(spec.networks.map(({ name }) => [`security group ${networkGroupName(installation, name)}`, 0])),
  ...(monthlyCost(spec, tasks, hasAddress) ?? { idle: 0, running: 0 }),
})
