import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeRules,
  type Rule as SdkRule,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { groupPrefix, publishedOf } from './alb-names.ts'
import type { Forward, Found, Group, RegisteredTarget, Rule } from './alb-state.ts'
import type { Place } from './look-for-balancer.ts'
import type { Sight } from './sights.ts'
import { listTargetGroups, type NamedGroup } from './target-groups.ts'

/** The target groups of one service with their targets; those that were just deleted by another run are not there. */
export async function lookForGroups(
  { client, installation }: Pick<Place, 'client' | 'installation'>,
  stream: string,
  all?: readonly NamedGroup[],
): Promise<ReadonlyMap<string, Group>> {
  const prefix = groupPrefix(installation, stream)
  const own = all?.filter(({ name }) => name.startsWith(prefix)) ?? (await listTargetGroups(client, prefix))
  const groups = await Promise.all(own.map(async group => ({ ...group, targets: await targetsOf(client, group.arn) })))
  return new Map(groups.map(group => [group.name, group]))
}

async function targetsOf(client: ElasticLoadBalancingV2Client, arn: string): Promise<readonly RegisteredTarget[]> {
  try {
    const { TargetHealthDescriptions = [] } = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }))
    return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
      host: Target!.Id!,
      port: Target!.Port!,
      state: stateOf(TargetHealth?.State),
    }))
  } catch (error) {
    if (error instanceof TargetGroupNotFoundException) return []
    throw error
  }
}

/** `unhealthy.draining` drains; a word that is new to us is no reason to keep anybody. */
function stateOf(word: string | undefined): RegisteredTarget['state'] {
  if (word?.endsWith('draining')) return 'draining'
  const known = ['initial', 'healthy', 'unhealthy', 'unused'] as const
  return known.find(state => state === word) ?? 'unavailable'
}

async function rulesOf(client: ElasticLoadBalancingV2Client, listener: string): Promise<readonly Rule[]> {
  const rules: Rule[] = []
  for await (const page of paginateDescribeRules({ client }, { ListenerArn: listener }))
    for (const rule of page.Rules ?? []) rules.push(ruleOf(rule))
  return rules
}

const ruleOf = ({ RuleArn, Priority, IsDefault, Actions = [] }: SdkRule): Rule => ({
  arn: RuleArn!,
  ...(IsDefault ? {} : { priority: Number(Priority) }),
  forwards: Actions.flatMap((action): Forward[] => {
    const groups = action.ForwardConfig?.TargetGroups ?? (action.TargetGroupArn ? [{ TargetGroupArn: action.TargetGroupArn }] : [])
    return groups.map(({ TargetGroupArn, Weight = 1 }: { TargetGroupArn?: string; Weight?: number }) => ({
      group: TargetGroupArn!,
      weight: Weight,
    }))
  }),
})

/**
 * Everything that matters for one service whose published ports are to be `wanted`: its targets and the rules on its ports as they are now, the
 * rest by `sight`. Without any port, and without a group, there is nothing more to see.
 */
export async function look(place: Place, stream: string, wanted: readonly number[], sight: Sight): Promise<Found> {
  const groups = await lookForGroups(place, stream, sight.groups)
  const ports = new Set([...wanted, ...[...groups.keys()].map(publishedOf)])
  if (ports.size === 0) return { listeners: [], groups }
  const { balancer, listeners } = await sight.ports()
  const ruled = listeners.map(async one => ({ ...one, rules: ports.has(one.port) ? await rulesOf(place.client, one.arn) : [] }))
  return { groups, ...(balancer && { balancer }), listeners: await Promise.all(ruled) }
}
