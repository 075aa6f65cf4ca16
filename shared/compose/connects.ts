import { hashOf } from '../domain/hash.ts'
import type { Network, ServiceSpec } from '../domain/spec.ts'
import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'

/** M4: the network of two services that say that they connect, in either order. It is no way out for either. */
function networkOf(stack: string, pair: readonly [string, string]): Network {
  const [a, b] = pair.toSorted() as [string, string]
  return { name: `${stack}_${a}.${b}-${hashOf([a, b]).slice(0, 8)}`, aliases: [], internal: true } // names may hold dots: the hash tells pairs apart
}

const sharedBy = (a: ServiceSpec, b: ServiceSpec): string | undefined =>
  a.networks.find(({ name }) => b.networks.some(other => other.name === name))?.name

/**
 * `x-longshore.connects`: a list of services that this one reaches, and which reach it, beside the networks of both. Where they share a network
 * there is nothing to add, which is told.
 * @param connects by service, where it says any
 * @param off the profiles of the services that are switched off
 * @throws CodedError LS-COMPOSE-VALUE
 */
export function withConnections(
  context: Context,
  specs: ReadonlyMap<string, ServiceSpec>,
  connects: ReadonlyMap<string, Cursor>,
  off: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, ServiceSpec> {
  const connected = new Map(specs)
  const join = (service: string, network: Network) => {
    const spec = connected.get(service)!
    if (!spec.networks.some(({ name }) => name === network.name)) connected.set(service, { ...spec, networks: [...spec.networks, network] })
  }
  for (const [service, cursor] of connects)
    for (const item of cursor.items()) {
      const other = item.text()
      const spec = specs.get(other) ?? item.fail(whyMissing(other, off.get(other)))
      if (other === service) item.fail('a service reaches itself anyway')
      const common = sharedBy(specs.get(service)!, spec)
      if (common) context.note({ service, place: item.place, text: `it reaches "${other}" already, by the network ${common}` })
      else for (const one of [service, other]) join(one, networkOf(context.stack, [service, other]))
    }
  return connected
}

const whyMissing = (other: string, profiles: readonly string[] | undefined): string =>
  profiles
    ? `it connects to "${other}", which only the profiles ${profiles.join(', ')} switch on`
    : `it connects to "${other}", which is no service`
