import { setTimeout as pause } from 'node:timers/promises'
import {
  CreatePrivateDnsNamespaceCommand,
  DeleteNamespaceCommand,
  GetOperationCommand,
  paginateListNamespaces,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery'
import { unless } from './unless.ts'

export type NamespaceOptions = {
  readonly client: ServiceDiscoveryClient
  readonly installation: string
  readonly vpc: string
  /** Its private zone, `longshore.internal` (shared/domain/peer-names.ts). */
  readonly domain: string
  readonly wait?: (ms: number) => Promise<unknown>
}

/** Cloud Map makes the zone in the background, usually within half a minute. */
const LOOKS = 20
const LOOK_MS = 1_000
/** How long resolvers believe that there is no such name, in seconds: a task that waits for its database asks again. */
const NOBODY_SECONDS = 5

const ownerOf = (installation: string) => `Names of the services of the Longshore installation ${installation}`

/** Ours by its name and by whose it says it is; undefined where there is none. @throws what Cloud Map answers */
export async function findNamespace({ client, installation, domain }: NamespaceOptions): Promise<string | undefined> {
  const filter = { Filters: [{ Name: 'TYPE' as const, Values: ['DNS_PRIVATE'], Condition: 'EQ' as const }] }
  for await (const page of paginateListNamespaces({ client }, filter))
    for (const { Id, Name, Description } of page.Namespaces ?? []) if (Name === domain && Description === ownerOf(installation)) return Id
  return undefined
}

/**
 * Makes it where it is missing: a private zone costs $0.50 a month, so it comes with the first name. A VPC has one zone of a name, so of two
 * that make it at once one is refused, and finds it then. @throws Error while the zone is not there yet: the message comes again
 */
export async function findOrMakeNamespace(options: NamespaceOptions): Promise<string> {
  const { client, installation, vpc, domain, wait = pause } = options
  const there = await findNamespace(options)
  if (there !== undefined) return there
  const create = new CreatePrivateDnsNamespaceCommand({
    Name: domain,
    Vpc: vpc,
    Description: ownerOf(installation),
    Properties: { DnsProperties: { SOA: { TTL: NOBODY_SECONDS } } },
    Tags: [{ Key: 'longshore:installation', Value: installation }],
  })
  const asked = await unless(['NamespaceAlreadyExists', 'ConflictingDomainExists', 'DuplicateRequest'], client.send(create))
  for (let look = 0; look < LOOKS; look++) {
    const made = await findNamespace(options)
    if (made !== undefined) return made
    const problem = asked?.OperationId && (await problemOf(client, asked.OperationId))
    if (problem) throw new Error(`the namespace ${domain} cannot be made: ${problem}`)
    await wait(LOOK_MS)
  }
  throw new Error(`the namespace ${domain} is still being made, or somebody else has a zone of this name in ${vpc}`)
}

async function problemOf(client: ServiceDiscoveryClient, OperationId: string): Promise<string | undefined> {
  const { Operation } = await client.send(new GetOperationCommand({ OperationId }))
  return Operation?.Status === 'FAIL' ? (Operation.ErrorMessage ?? 'AWS does not say why') : undefined
}

/** One that names still stand in stays for the next time. */
export async function dropNamespace({ client }: NamespaceOptions, id: string): Promise<void> {
  await unless(['ResourceInUse', 'NamespaceNotFound', 'DuplicateRequest'], client.send(new DeleteNamespaceCommand({ Id: id })))
}
