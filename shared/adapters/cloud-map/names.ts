import {
  DeregisterInstanceCommand,
  paginateListInstances,
  RegisterInstanceCommand,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery'
import { parseStream } from '../../domain/commit.ts'
import { peerRecord } from '../../domain/peer-names.ts'
import type { Target } from '../../ports/router.ts'
import { inTime, type TimeLeft } from '../../ports/time-left.ts'
import { unless } from './unless.ts'
import { Zone, type ZoneOptions } from './zone.ts'

/** Where a service's tasks are found by name; converges like a router's targets (E4). */
export type Names = {
  /** The names resolve to these tasks, and to no other of this stream; without a name all that it had go. Several services may share one. */
  apply(stream: string, names: readonly string[], targets: readonly Target[], left?: TimeLeft): Promise<void>
  /** Ids of the stream that still are resolved to. */
  targets(stream: string): Promise<readonly string[]>
  /** Names that nobody has go, and with the last the zone. */
  dropUnused(): Promise<void>
}

const PASSES = 3
/** On each instance: whose it is. */
const STREAM = 'LONGSHORE_STREAM'
/** A late call may have brought back a name that was given up: so often it is looked for. */
const SETTLED_MS = 600_000

type Instance = { readonly id: string; readonly ip: string }

/**
 * Cloud Map private DNS: an A record of each name, with the addresses of ready tasks. Cloud Map does what it is told in the background, so
 * that what was asked for is asked for once, and `targets` tells what is there. @throws what Cloud Map answers
 */
export function createNames(options: ZoneOptions): Names {
  const { client, clock } = options
  const zone = new Zone(options)
  /** Of streams whose tasks have these names and no other, by a look of this process: a thousand services are looked at each minute. */
  const settled = new Map<string, { readonly records: readonly string[]; readonly at: number }>()
  const settledAs = (stream: string) => {
    const known = settled.get(stream)
    return known && Math.abs(clock.now() - known.at) < SETTLED_MS ? known.records : undefined
  }

  /** Whether all of it could be asked for; else something was not as it was remembered. */
  async function pass(stream: string, records: readonly string[], wanted: readonly Instance[], left?: TimeLeft): Promise<boolean> {
    const there = await zone.names()
    for (const name of records) {
      const id = there.get(name) ?? (wanted.length > 0 ? await zone.make(name) : undefined)
      if (id !== undefined) await resolveTo(client, id, stream, wanted, left)
      else if (wanted.length > 0) return false
    }
    if (settledAs(stream)?.join() === records.join()) return true
    settled.delete(stream)
    let others = 0
    for (const id of othersOf(stream, there, records)) others += await resolveTo(client, id, stream, [])
    if (others === 0) settled.set(stream, { records, at: clock.now() })
    return true
  }

  return {
    async apply(stream, names, targets, left) {
      const wanted = targets.flatMap(({ id, host, addresses }) => {
        const ip = host ?? Object.values(addresses)[0]?.host
        return ip === undefined ? [] : [{ id, ip }]
      })
      const records = names.map(name => peerRecord(stream, name))
      for (let round = 0; round < PASSES; round++) {
        if (await pass(stream, records, wanted, left).catch(gone)) return
        zone.forget()
      }
      throw new Error(`the names of ${stream} changed under each of ${PASSES} looks`)
    },

    async targets(stream) {
      const there = await zone.names()
      const known = settledAs(stream)?.flatMap(name => there.get(name) ?? []) ?? othersOf(stream, there, [])
      const listed = await Promise.all(known.map(service => instancesOf(client, service, stream)))
      return [...new Set(listed.flat().map(({ id }) => id))]
    },

    dropUnused: () => zone.dropUnused(),
  }
}

/** Somebody removed a name between the look and the call. */
function gone(error: unknown): false {
  if (error instanceof Error && error.name === 'ServiceNotFound') return false
  throw error
}

/** Names of the stack but these. A record's last label is its stack. */
function othersOf(stream: string, there: ReadonlyMap<string, string>, records: readonly string[]): readonly string[] {
  const ending = `.${parseStream(stream).stack.toLowerCase()}`
  return [...there].flatMap(([name, id]) => (name.endsWith(ending) && !records.includes(name) ? [id] : []))
}

/** None of a name that is gone: what has instances cannot be removed. */
async function instancesOf(client: ServiceDiscoveryClient, service: string, stream: string): Promise<readonly Instance[]> {
  const instances: Instance[] = []
  try {
    for await (const page of paginateListInstances({ client }, { ServiceId: service }))
      for (const { Id, Attributes } of page.Instances ?? [])
        if (Id && Attributes?.[STREAM] === stream) instances.push({ id: Id, ip: Attributes['AWS_INSTANCE_IPV4'] ?? '' })
  } catch (error) {
    gone(error)
  }
  return instances
}

/** How many others of the stream were there. Instances bear the task's id, so that registering again is the same instance. */
async function resolveTo(
  client: ServiceDiscoveryClient,
  service: string,
  stream: string,
  wanted: readonly Instance[],
  left?: TimeLeft,
): Promise<number> {
  const there = await instancesOf(client, service, stream)
  const missing = wanted.filter(({ id, ip }) => !there.some(one => one.id === id && one.ip === ip))
  const surplus = there.filter(({ id }) => !wanted.some(one => one.id === id))
  for (const { id, ip } of missing) {
    const Attributes = { AWS_INSTANCE_IPV4: ip, [STREAM]: stream }
    const add = new RegisterInstanceCommand({ ServiceId: service, InstanceId: id, Attributes })
    await unless(
      ['DuplicateRequest'],
      inTime(left, options => client.send(add, options)),
    )
  }
  for (const { id } of surplus) {
    const deregister = new DeregisterInstanceCommand({ ServiceId: service, InstanceId: id })
    await unless(['DuplicateRequest', 'InstanceNotFound', 'ServiceNotFound'], client.send(deregister))
  }
  return surplus.length
}
