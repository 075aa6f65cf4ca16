import {
  DescribeLoadBalancersCommand,
  type ElasticLoadBalancingV2Client,
  LoadBalancerNotFoundException,
  paginateDescribeListeners,
  type Listener as SdkListener,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Balancer, Listener } from './alb-state.ts'

export type Place = { readonly client: ElasticLoadBalancingV2Client; readonly installation: string; readonly balancer: BalancerName }

/** A load balancer of the user's own by ARN, else one of ours by name. */
export type BalancerName = { readonly arn: string } | { readonly name: string }

/** The default answer of a listener of ours, by which it is known. */
export const NO_ROUTE = 'No service is routed here yet (longshore)'

export async function lookForBalancer({ client, balancer }: Place): Promise<Balancer | undefined> {
  const which = 'arn' in balancer ? { LoadBalancerArns: [balancer.arn] } : { Names: [balancer.name] }
  try {
    const { LoadBalancers } = await client.send(new DescribeLoadBalancersCommand(which))
    const found = LoadBalancers?.[0]
    return found && { arn: found.LoadBalancerArn!, groups: found.SecurityGroups ?? [], host: found.DNSName }
  } catch (error) {
    if (error instanceof LoadBalancerNotFoundException && 'name' in balancer) return undefined
    throw error
  }
}

/** Without their rules. */
export async function listenersOf({ client }: Place, balancer: string): Promise<readonly Omit<Listener, 'rules'>[]> {
  const listeners: Omit<Listener, 'rules'>[] = []
  for await (const page of paginateDescribeListeners({ client }, { LoadBalancerArn: balancer }))
    for (const one of page.Listeners ?? []) listeners.push({ arn: one.ListenerArn!, port: one.Port!, isOurs: isOurs(one) })
  return listeners
}

const isOurs = ({ DefaultActions }: SdkListener) =>
  DefaultActions?.some(action => action.FixedResponseConfig?.MessageBody === NO_ROUTE) ?? false
