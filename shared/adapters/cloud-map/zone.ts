import { CreateServiceCommand, DeleteServiceCommand, ListInstancesCommand, paginateListServices } from '@aws-sdk/client-servicediscovery'
import type { Clock } from '../../ports/clock.ts'
import { dropNamespace, findNamespace, findOrMakeNamespace, type NamespaceOptions } from './namespace.ts'
import { unless } from './unless.ts'

export type ZoneOptions = NamespaceOptions & { readonly clock: Clock }

/** How long a client may go on with an address that is gone, in seconds; well inside a drain. */
const TTL_SECONDS = 5
/** A thousand services are looked at each minute, and Cloud Map lists a hundred names at a time. */
const BELIEVED_MS = 60_000

/** The names of the installation, by what is found in Cloud Map. One that was made or removed meanwhile is no error: whoever needs it makes it. */
export class Zone {
  readonly #options: ZoneOptions
  /** Stands on each name: others may have names of their own in the zone. */
  readonly #owner: string
  #namespace: string | undefined
  #listing: Promise<ReadonlyMap<string, string>> | undefined
  #listedAt = Number.NEGATIVE_INFINITY

  constructor(options: ZoneOptions) {
    this.#options = options
    this.#owner = `longshore ${options.installation}`
  }

  /** Ids by name, as they were within the last minute; none where nothing was ever named. @throws what Cloud Map answers */
  names(): Promise<ReadonlyMap<string, string>> {
    const { clock } = this.#options
    if (this.#listing && Math.abs(clock.now() - this.#listedAt) < BELIEVED_MS) return this.#listing
    this.#listedAt = clock.now()
    this.#listing = this.#list().catch(error => {
      this.forget()
      throw error
    })
    return this.#listing
  }

  /** Everything is looked up again: something was not as it was remembered. */
  forget(): void {
    this.#namespace = undefined
    this.#listing = undefined
  }

  /** The name's id; undefined when it has to be looked up again. The zone comes with the first name. @throws while it is not there yet */
  async make(name: string): Promise<string | undefined> {
    this.forget() // E1: looked up before it is made, by now and not by what was remembered
    const there = (await this.names()).get(name)
    if (there !== undefined) return there
    this.#namespace ??= await findOrMakeNamespace(this.#options)
    const create = new CreateServiceCommand({
      Name: name,
      NamespaceId: this.#namespace,
      Description: this.#owner,
      DnsConfig: { RoutingPolicy: 'MULTIVALUE', DnsRecords: [{ Type: 'A', TTL: TTL_SECONDS }] },
    })
    const made = await unless(['ServiceAlreadyExists', 'NamespaceNotFound'], this.#options.client.send(create))
    this.forget()
    return made?.Service?.Id
  }

  /** Names that nobody has go, and the zone after the last of them; Cloud Map itself refuses to remove what somebody takes meanwhile. */
  async dropUnused(): Promise<void> {
    this.forget()
    const { client } = this.#options
    for (const id of (await this.names()).values()) {
      const list = client.send(new ListInstancesCommand({ ServiceId: id, MaxResults: 1 }))
      if ((await unless(['ServiceNotFound'], list))?.Instances?.length) continue
      await unless(['ResourceInUse', 'ServiceNotFound'], client.send(new DeleteServiceCommand({ Id: id })))
    }
    this.forget()
    const left = await this.names()
    if (this.#namespace !== undefined && left.size === 0) await dropNamespace(this.#options, this.#namespace)
    this.forget()
  }

  async #list(): Promise<ReadonlyMap<string, string>> {
    const { client } = this.#options
    this.#namespace ??= await findNamespace(this.#options)
    const found = new Map<string, string>()
    if (this.#namespace === undefined) return found
    const filter = { Filters: [{ Name: 'NAMESPACE_ID' as const, Values: [this.#namespace], Condition: 'EQ' as const }] }
    for await (const page of paginateListServices({ client }, filter))
      for (const { Id, Name, Description } of page.Services ?? []) if (Id && Name && Description === this.#owner) found.set(Name, Id)
    return found
  }
}
