import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  TargetGroupNotFoundException,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { JudgedTask, TargetHealth, TargetVerdict } from '../../ports/target-health.ts'
import { groupName } from './alb-names.ts'

export type TargetHealthOptions = { readonly client: ElasticLoadBalancingV2Client; readonly installation: string }

/** What ELB says of one target; undefined while it is still trying, or has nothing to try. */
type Told = { readonly passed: boolean; readonly why?: string }

/** One call for each target group: its ARN is remembered, since names follow from what a group is. */
export function createTargetHealth({ client, installation }: TargetHealthOptions): TargetHealth {
  const arns = new Map<string, string>()

  async function arnOf(name: string): Promise<string | undefined> {
    const known = arns.get(name)
    if (known !== undefined) return known
    const { TargetGroups = [] } = await client.send(new DescribeTargetGroupsCommand({ Names: [name] }))
    const arn = TargetGroups[0]?.TargetGroupArn
    if (arn !== undefined) arns.set(name, arn)
    return arn
  }

  /** By host. A group that is not there yet, or no longer, says nothing. */
  async function told(name: string): Promise<ReadonlyMap<string, Told | undefined>> {
    try {
      const arn = await arnOf(name)
      if (arn === undefined) return new Map()
      const { TargetHealthDescriptions = [] } = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }))
      return new Map(TargetHealthDescriptions.map(one => [one.Target!.Id!, toldBy(one)]))
    } catch (error) {
      if (!(error instanceof TargetGroupNotFoundException)) throw error
      arns.delete(name)
      return new Map()
    }
  }

  return {
    async look(stream, tasks) {
      const namesOf = ({ published, check }: JudgedTask) => published.map(port => groupName(installation, stream, port, check))
      const names = [...new Set(tasks.flatMap(namesOf))]
      const groups = new Map(await Promise.all(names.map(async name => [name, await told(name)] as const)))
      return tasks.flatMap(
        task =>
          verdictOf(
            task,
            namesOf(task).map(name => groups.get(name)!.get(task.host)),
          ) ?? [],
      )
    },
  }
}

/** `draining`, `unused` and words that are new to us are no verdict. */
function toldBy({ TargetHealth }: TargetHealthDescription): Told | undefined {
  const { State, Reason, Description } = TargetHealth ?? {}
  if (State === 'healthy') return { passed: true }
  return State === 'unhealthy' ? { passed: false, why: Description ?? Reason ?? 'unhealthy' } : undefined
}

function verdictOf({ id }: JudgedTask, told: readonly (Told | undefined)[]): TargetVerdict | undefined {
  const failed = told.find(one => one?.passed === false)
  if (failed) return { id, ...failed }
  return told.every(one => one?.passed) ? { id, passed: true } : undefined
}
