import type Dockerode from 'dockerode'
import type { NetworkInspectInfo } from 'dockerode'
import type { Network } from '../../domain/spec.ts'
import { messageOf, statusOf } from './engine-errors.ts'
import { isOf, stackLabels } from './labels.ts'
import { NotThere } from './mounts.ts'
import { freeSubnets, hostRoutes } from './subnets.ts'
import { Turns } from './turns.ts'

/** How many subnets are tried when others take the same ones at the same time. */
const TRIES = 20

/** M4: one engine network per Compose network, made under a lock for each name and known by its id. */
export class Networks {
  readonly #docker: Dockerode
  readonly #installation: string
  readonly #turns = new Turns()
  readonly #ids = new Map<string, string>()

  constructor(docker: Dockerode, installation: string) {
    this.#docker = docker
    this.#installation = installation
  }

  /** The id of the network, made if it is missing. @throws NotThere for an external one; the engine's error */
  ensure(stack: string, network: Network): Promise<string> {
    return this.#turns.run(network.name, async () => {
      const known = this.#ids.get(network.name)
      if (known) return known
      const found = await this.#find(network.name)
      if (!found && network.external)
        throw new NotThere(`network ${network.name} is external and does not exist: docker network create ${network.name}`)
      const id = found ?? (await this.#create(stack, network))
      this.#ids.set(network.name, id)
      return id
    })
  }

  /** Somebody removed a network behind our back: the next start looks again. */
  forget(): void {
    this.#ids.clear()
  }

  /** Removes what was made for a stack; a network that somebody else still uses stays. */
  async removeStack(stack: string): Promise<void> {
    const labels = Object.entries(stackLabels(this.#installation, stack)).map(([key, value]) => `${key}=${value}`)
    const networks = await this.#docker.listNetworks({ filters: { label: labels } })
    for (const { Id, Name } of networks) {
      await this.#turns.run(Name, async () => {
        this.#ids.delete(Name)
        await this.#docker.getNetwork(Id).remove().catch(ignoreInUse)
      })
    }
  }

  /** The engine's filter matches parts of names, and several networks may bear one name: ours first. */
  async #find(name: string): Promise<string | undefined> {
    const listed = await this.#docker.listNetworks({ filters: { name: [name] } })
    const same = listed.filter(network => network.Name === name)
    return (same.find(network => isOf(this.#installation, network.Labels)) ?? same[0])?.Id
  }

  async #create(stack: string, network: Network): Promise<string> {
    const used = [...(await this.#usedSubnets()), ...(await hostRoutes())]
    let tries = 0
    for (const subnet of freeSubnets(used)) {
      try {
        return await this.#createIn(subnet, stack, network)
      } catch (error) {
        const again = statusOf(error) === 409 ? await this.#find(network.name) : undefined
        if (again) return again
        if (!/overlaps|already in use|invalid pool/i.test(messageOf(error)) || ++tries === TRIES) throw error
      }
    }
    throw new Error('non-overlapping IPv4 address pool: every subnet for networks is in use')
  }

  async #createIn(subnet: string, stack: string, network: Network): Promise<string> {
    const created = await this.#docker.createNetwork({
      Name: network.name,
      CheckDuplicate: true,
      Driver: 'bridge',
      Internal: network.internal ?? false,
      IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      Labels: { ...stackLabels(this.#installation, stack), 'com.docker.compose.network': network.name.replace(`${stack}_`, '') },
    })
    return created.id
  }

  async #usedSubnets(): Promise<readonly string[]> {
    const networks: NetworkInspectInfo[] = await this.#docker.listNetworks()
    return networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []))
  }
}

function ignoreInUse(error: unknown): void {
  const status = statusOf(error)
  if (status !== 404 && !/active endpoints/i.test(messageOf(error))) throw error
}
