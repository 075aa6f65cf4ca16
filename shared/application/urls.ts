import type { PublishedPort } from '../domain/spec.ts'
import { isRemoved } from '../domain/stack.ts'
import { stackOrThrow } from './find-stack.ts'
import type { LogPorts, Ports } from './ports.ts'

type UrlPorts = LogPorts & { readonly router: Pick<Ports['router'], 'address'> }

/** Where the published ports of a stack are reached; none while nothing listens yet. @throws CodedError LS-NOT-FOUND */
export async function urlsOf(ports: UrlPorts, name: string): Promise<readonly string[]> {
  const { services } = await stackOrThrow(ports, name)
  const wished = Object.values(services).filter(service => !isRemoved(service))
  const published = wished.flatMap(({ wish, revisions }) => revisions[wish.revision]?.spec.ports ?? []).filter(isPublished)
  if (published.length === 0) return []
  const host = ports.router.address ? await ports.router.address() : 'localhost'
  return host === undefined ? [] : [...new Set(published.map(port => urlOf(host, port)))]
}

const isPublished = (port: PublishedPort): port is PublishedPort & { readonly published: number } => port.published !== undefined

function urlOf(host: string, { layer, protocol, published }: PublishedPort & { readonly published: number }): string {
  return `${layer === 'http' ? 'http' : protocol}://${host}:${published}`
}
