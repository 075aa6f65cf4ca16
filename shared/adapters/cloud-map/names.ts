import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  paginateListInstances,
  paginateListServices,
  RegisterInstanceCommand,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery'
import { parseStream } from '../../domain/commit.ts'
import type { Target } from '../../ports/router.ts'
import { findNamespace, findOrMakeNamespace, type NamespaceOptions } from './namespace.ts'

/** Where a service's tasks are found by name; converges like a router's targets (E4). */
export type Names = {
  /** The names (the service's own and its aliases) resolve to these tasks and to no other; without a name all that it had go. */
  apply(stream: string, names: readonly string[], targets: readonly Target[]): Promise<void>
  /** Ids that still are resolved to. */
  targets(stream: string): Promise<readonly string[]>
}

/** How long a client may go on with an address that is gone, in seconds; well inside a drain. */
const TTL_SECONDS = 5
const PASSES = 3

type Service = { readonly id: string; readonly name: string }
type Instance = { readonly id: string; readonly ip: string }

/** `db.shop`, in the installation's zone; which service of ours has it stands in its description. */
const recordName = (stream: string, name: string) => `${name}.${parseStream(stream).stack}`.toLowerCase()
const ownerOf = (installation: string, stream: string) => `longshore ${installation} ${stream}`

/** Cloud Map private DNS: an A record of each name, with the addresses of ready tasks. @throws what Cloud Map answers */
export function createNames(options: NamespaceOptions): Names {
  const { client } = options
  let namespace: Promise<string> | undefined
  const namespaceOf = () => {
    namespace ??= findOrMakeNamespace(options).catch(error => {
      namespace = undefined
      throw error
    })
    return namespace
  }

  async function servicesOf(stream: string, zone: string): Promise<readonly Service[]> {
    const found: Service[] = []
    const filter = { Filters: [{ Name: 'NAMESPACE_ID' as const, Values: [zone], Condition: 'EQ' as const }] }
    for await (const page of paginateListServices({ client }, filter))
      for (const { Id, Name, Description } of page.Services ?? [])
        if (Description === ownerOf(options.installation, stream)) found.push({ id: Id!, name: Name! })
    return found
  }

  async function pass(stream: string, names: readonly string[], wanted: readonly Instance[]): Promise<boolean> {
    const zone = names.length ? await namespaceOf() : await findNamespace(options)
    if (zone === undefined) return false
    const there = await servicesOf(stream, zone)
    let changed = false
    for (const name of names) {
      const service = there.find(one => one.name === name)
      if (!service) changed = await makeService(client, zone, name, ownerOf(options.installation, stream))
      else if (await resolveTo(client, service.id, wanted)) changed = true
    }
    for (const service of there)
      if (!names.includes(service.name)) {
        if (!(await resolveTo(client, service.id, [])))
          await unless(['ResourceInUse', 'ServiceNotFound'], client.send(new DeleteServiceCommand({ Id: service.id })))
        changed = true
      }
    return changed
  }

  return {
    async apply(stream, names, targets) {
      const wanted = targets.flatMap(({ id, addresses }) => {
        const ip = Object.values(addresses)[0]?.host
        return ip === undefined ? [] : [{ id, ip }]
      })
      const records = names.map(name => recordName(stream, name))
      for (let round = 0; round < PASSES; round++) if (!(await pass(stream, records, wanted))) return
      throw new Error(`the names of ${stream} changed under each of ${PASSES} looks`)
    },

    async targets(stream) {
      const zone = await findNamespace(options)
      if (zone === undefined) return []
      const ids = new Set<string>()
      for (const service of await servicesOf(stream, zone)) for (const { id } of await instancesOf(client, service.id)) ids.add(id)
      return [...ids]
    },
  }
}

async function makeService(client: ServiceDiscoveryClient, zone: string, name: string, owner: string): Promise<true> {
  const create = new CreateServiceCommand({
    Name: name,
    NamespaceId: zone,
    Description: owner,
    DnsConfig: { RoutingPolicy: 'MULTIVALUE', DnsRecords: [{ Type: 'A', TTL: TTL_SECONDS }] },
  })
  await unless(['ServiceAlreadyExists'], client.send(create))
  return true
}

async function instancesOf(client: ServiceDiscoveryClient, service: string): Promise<readonly Instance[]> {
  const instances: Instance[] = []
  try {
    for await (const page of paginateListInstances({ client }, { ServiceId: service }))
      for (const { Id, Attributes } of page.Instances ?? []) instances.push({ id: Id!, ip: Attributes?.['AWS_INSTANCE_IPV4'] ?? '' })
  } catch (error) {
    if ((error as Error).name !== 'ServiceNotFound') throw error
  }
  return instances
}

/** Whether anything differed. Instances bear the task's id, so that registering again is the same instance. */
async function resolveTo(client: ServiceDiscoveryClient, service: string, wanted: readonly Instance[]): Promise<boolean> {
  const there = await instancesOf(client, service)
  const missing = wanted.filter(({ id, ip }) => !there.some(one => one.id === id && one.ip === ip))
  const surplus = there.filter(({ id }) => !wanted.some(one => one.id === id))
  for (const { id, ip } of missing) {
    const register = new RegisterInstanceCommand({ ServiceId: service, InstanceId: id, Attributes: { AWS_INSTANCE_IPV4: ip } })
    await unless(['DuplicateRequest'], client.send(register))
  }
  for (const { id } of surplus) {
    const deregister = new DeregisterInstanceCommand({ ServiceId: service, InstanceId: id })
    await unless(['DuplicateRequest', 'InstanceNotFound', 'ServiceNotFound'], client.send(deregister))
  }
  return missing.length + surplus.length > 0
}

/** What another run is doing or did already is no error. */
async function unless(expected: readonly string[], call: Promise<unknown>): Promise<void> {
  await call.catch((error: Error) => {
    if (!expected.includes(error.name)) throw error
  })
}
