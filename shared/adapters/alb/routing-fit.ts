import { isPeerName } from '../../domain/peer-names.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Front } from '../../ports/router.ts'

/** `key`: the part of the service's spec, by its path in the Compose file, so that a client can show the line. */
export type Told = { readonly key: string; readonly why: string }

/** ELB's quota for targets of one load balancer, and Cloud Map's for instances of one name. */
const MOST_TARGETS = 1_000

/** Why this port cannot stand on an Application Load Balancer; undefined: it can. Layer 4 waits for the network load balancer. */
export function onlyHttp({ hostIp, protocol, layer }: Pick<Front, 'hostIp' | 'protocol' | 'layer'>): string | undefined {
  if (hostIp !== undefined) return 'it cannot be bound to one address of a host: there is no host'
  if (protocol === 'udp') return 'UDP cannot be published on AWS yet'
  if (layer === 'tcp') return 'TCP cannot be published on AWS yet; for HTTP say app_protocol: http'
  return undefined
}

/** Why this spec cannot be routed on AWS, before anything is committed; none: it can. `most`: tasks at once, surge included. */
export function routingRefusals(spec: ServiceSpec, most: number): readonly Told[] {
  const published = spec.ports.filter(port => port.published !== undefined)
  const refused = published.flatMap(port => {
    const why = onlyHttp(port)
    return why === undefined ? [] : [{ key: 'ports', why: `port ${port.published}: ${why}` }]
  })
  const unnamed = spec.networks.flatMap(network => network.aliases).find(alias => !isPeerName(alias))
  if (unnamed !== undefined)
    refused.push({ key: 'networks', why: `the alias ${unnamed} is no DNS name: labels of letters, digits, - and _` })
  const targets = most * Math.max(published.length, spec.networks.length > 0 ? 1 : 0)
  if (targets <= MOST_TARGETS) return refused
  const behind = published.length > 0 ? `${published.length} ports are ${targets} targets, and a load balancer` : 'one name, which'
  return [...refused, { key: 'deploy.replicas', why: `${most} tasks behind ${behind} has ${MOST_TARGETS} at most` }]
}

/** What routing means otherwise on AWS than at home, told in the plan. */
export function routingNotes(spec: ServiceSpec): readonly Told[] {
  const some = spec.ports.find(port => port.published === undefined)
  const inner = spec.networks.find(network => network.internal)
  return [
    ...(some ? [{ key: 'ports', why: `port ${some.target} is not published, since no host could choose a port for it` }] : []),
    ...(inner
      ? [
          {
            key: 'networks',
            why: `${inner.name} is internal, but tasks still reach the internet: images are pulled through the same interface`,
          },
        ]
      : []),
  ]
}
