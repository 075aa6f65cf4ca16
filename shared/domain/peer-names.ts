import { parseStream } from './commit.ts'

/** Names under which services find each other on AWS: `db` of stack `shop` is `db.shop.longshore.internal`. */

/** The installation's private DNS zone. Two installations of one VPC differ in it. */
export const peerZone = (installation: string): string => `${installation}.internal`

/** Where a stack's own names end; as a search list it makes `db` of `db.shop.longshore.internal`. */
export const peerDomain = (installation: string, stack: string): string => `${stack}.${peerZone(installation)}`.toLowerCase()

/** Within the zone. A stack's name holds no dot, so that the last label tells whose it is. */
export const peerRecord = (stream: string, name: string): string => `${name}.${parseStream(stream).stack}`.toLowerCase()

const LABELS = /^(?=.{1,63}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i

/** Whether DNS and Cloud Map take it: labels of letters, digits, `-` and `_` that do not end in a dash. */
export const isPeerName = (name: string): boolean => LABELS.test(name)

/** The service's own name and its aliases, each once, as far as they can be names; none without a network. */
export const peerNames = (service: string, networks: readonly { readonly aliases: readonly string[] }[]): readonly string[] =>
  networks.length === 0
    ? []
    : [...new Set([service, ...networks.flatMap(network => network.aliases)].map(name => name.toLowerCase()))].filter(isPeerName)
