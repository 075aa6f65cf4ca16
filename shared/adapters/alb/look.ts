import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeRules,
  type Rule as SdkRule,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { groupPrefix, publishedOf } from './alb-names.ts'
import type { Forward, Found, Group, Listener, RegisteredTarget, Rule } from './alb-state.ts'
import { listenersOf, lookForBalancer, type Place } from './look-for-balancer.ts'
import { listTargetGroups } from './target-groups.ts'

/** The target groups of one service with their targets; those that were just deleted by another run are not there. */
export async function lookForGroups({ client, installation }: Place, stream: string): Promise<ReadonlyMap<string, Group>> {
  const found = await listTargetGroups(client, groupPrefix(installation, stream))
  const groups = await Promise.all(found.map(async group => ({ ...group, targets: await targetsOf(client, group.arn) })))
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

/** All listeners; rules of those on `ports` only, since each costs a call. */
export async function lookForListeners(place: Place, balancer: string, ports: ReadonlySet<number>): Promise<readonly Listener[]> {
  const listeners: Listener[] = []
  for (const one of await listenersOf(place, balancer)) {
    const rules = ports.has(one.port) ? await rulesOf(place.client, one.arn) : []
    listeners.push({ ...one, rules })
  }
  return listeners
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

/** Everything that matters for one service whose published ports are to be `wanted`. Without any, and without a group, there is nothing more to see. */
export async function look(place: Place, stream: string, wanted: readonly number[]): Promise<Found> {
  const groups = await lookForGroups(place, stream)
  const ports = new Set([...wanted, ...[...groups.keys()].map(publishedOf)])
  if (ports.size === 0) return { listeners: [], groups }
  const balancer = await lookForBalancer(place)
  return { groups, ...(balancer && { balancer }), listeners: balancer ? await lookForListeners(place, balancer.arn, ports) : [] }
}
