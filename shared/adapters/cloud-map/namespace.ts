import { setTimeout as pause } from 'node:timers/promises'
import {
  CreatePrivateDnsNamespaceCommand,
  GetOperationCommand,
  paginateListNamespaces,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery'
import { hashOf } from '../../domain/hash.ts'

export type NamespaceOptions = {
  readonly client: ServiceDiscoveryClient
  readonly installation: string
  readonly vpc: string
  /** Its private zone, `longshore.internal`: `db` of stack `shop` is `db.shop.longshore.internal`. */
  readonly domain: string
  readonly wait?: (ms: number) => Promise<unknown>
}

/** Cloud Map makes the zone in the background, usually within half a minute. */
const LOOKS = 20
const LOOK_MS = 1_000

/** The namespace by its name; undefined where there is none yet. @throws what Cloud Map answers */
export async function findNamespace({ client, domain }: NamespaceOptions): Promise<string | undefined> {
  const filter = { Filters: [{ Name: 'TYPE' as const, Values: ['DNS_PRIVATE'], Condition: 'EQ' as const }] }
  for await (const page of paginateListNamespaces({ client }, filter))
    for (const { Id, Name } of page.Namespaces ?? []) if (Name === domain) return Id
  return undefined
}

/**
 * Makes it where it is missing: a private zone costs $0.50 a month, so it comes with the first name. The request's id makes doing it twice
 * once. @throws Error while the zone is not there yet: the message comes again
 */
export async function findOrMakeNamespace(options: NamespaceOptions): Promise<string> {
  const { client, installation, vpc, domain, wait = pause } = options
  const there = await findNamespace(options)
  if (there !== undefined) return there
  const create = new CreatePrivateDnsNamespaceCommand({
    Name: domain,
    Vpc: vpc,
    CreatorRequestId: hashOf([installation, vpc, domain]).slice(0, 32),
    Description: `Names of the services of the Longshore installation ${installation}`,
    Tags: [{ Key: 'longshore:installation', Value: installation }],
  })
  const { OperationId } = await client.send(create)
  for (let look = 0; look < LOOKS; look++) {
    const { Operation } = await client.send(new GetOperationCommand({ OperationId }))
    if (Operation?.Status === 'FAIL') throw new Error(`the namespace ${domain} cannot be made: ${Operation.ErrorMessage}`)
    const made = Operation?.Status === 'SUCCESS' ? (Operation.Targets?.NAMESPACE ?? (await findNamespace(options))) : undefined
    if (made !== undefined) return made
    await wait(LOOK_MS)
  }
  throw new Error(`the namespace ${domain} is still being made`)
}
