import { type ElasticLoadBalancingV2Client, paginateDescribeTargetGroups } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Clock } from '../../ports/clock.ts'
import { groupPrefix } from './alb-names.ts'

export type NamedGroup = { readonly arn: string; readonly name: string }

/** ELB finds by whole names only, and a service's published ports are part of its groups' names. */
export async function listTargetGroups(client: ElasticLoadBalancingV2Client, prefix: string): Promise<readonly NamedGroup[]> {
  const found: NamedGroup[] = []
  for await (const page of paginateDescribeTargetGroups({ client }, { PageSize: 400 }))
    for (const { TargetGroupArn: arn, TargetGroupName: name } of page.TargetGroups ?? [])
      if (arn && name?.startsWith(prefix)) found.push({ arn, name })
  return found
}

export type GroupNamesOptions = { readonly client: ElasticLoadBalancingV2Client; readonly installation: string; readonly clock: Clock }

/** A thousand services ask each minute, and ELB shares its rate of descriptions with the router. A group that was made anew has no readings under its old name. */
const BELIEVED_MS = 60_000

/** Under which names CloudWatch counts a service's requests, `targetgroup/<name>/<id>`; none where nothing was routed yet. @throws what ELB answers */
export function createGroupNames({ client, installation, clock }: GroupNamesOptions): (stream: string) => Promise<readonly string[]> {
  let groups: readonly NamedGroup[] = []
  let listedAt = Number.NEGATIVE_INFINITY
  let listing: Promise<void> | undefined
  const list = async () => {
    groups = await listTargetGroups(client, 'ls-')
    listedAt = clock.now()
  }
  const known = (stream: string) => {
    const prefix = groupPrefix(installation, stream)
    return groups.filter(({ name }) => name.startsWith(prefix)).map(({ arn }) => arn.slice(arn.indexOf(':targetgroup/') + 1))
  }
  return async stream => {
    const isFresh = Math.abs(clock.now() - listedAt) < BELIEVED_MS
    if (isFresh && known(stream).length > 0) return known(stream)
    listing ??= list().finally(() => {
      listing = undefined
    })
    await listing
    return known(stream)
  }
}
