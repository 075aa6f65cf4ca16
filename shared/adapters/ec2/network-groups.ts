import { NETWORK, networkGroupName } from '../../domain/network-group-name.ts'
import { dropGroup, findOrMake, letIn, listGroups, type SecurityGroupsOptions } from './security-groups.ts'

/** AWS's quota for groups of one network interface; the installation's own, by which tasks reach the world, is one of them. */
const MOST_GROUPS = 5

export type NetworkGroups = {
  /**
   * Ids of the groups of a task on these networks, made where they are missing; the installation's own stands first. `anew`: somebody removed
   * one, and all are looked up again.
   */
  groupsFor(networks: readonly string[], anew?: boolean): Promise<readonly string[]>
  /**
   * Removes those of networks that nobody names any more; one that is in use stays for the next time. Lists before it asks, so that what is
   * made meanwhile is never listed.
   */
  keepOnly(named: () => Promise<ReadonlySet<string>>): Promise<void>
}

/**
 * M4: one security group for each network, whose members reach each other on every port and whom nobody else reaches. `taskGroup`: every
 * task's, made by the template. Known ones are remembered. @throws RangeError for more than AWS allows, which is refused before the commit;
 * else what EC2 answers
 */
export function createNetworkGroups(options: SecurityGroupsOptions & { readonly taskGroup: string }): NetworkGroups {
  const known = new Map<string, Promise<string>>()

  async function converge(network: string): Promise<string> {
    const id = await findOrMake(options, { name: `${NETWORK}${network}`, description: 'Members of one Compose network reach each other' })
    await letIn(options.client, id, { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: id }] })
    return id
  }
  function groupOf(network: string): Promise<string> {
    const before = known.get(network)
    if (before) return before
    const group = converge(network).catch(error => {
      known.delete(network)
      throw error
    })
    known.set(network, group)
    return group
  }

  return {
    async groupsFor(networks, anew = false) {
      if (anew) known.clear()
      const distinct = [...new Set(networks)]
      if (distinct.length >= MOST_GROUPS) throw new RangeError(`${distinct.length} networks, and a task has ${MOST_GROUPS - 1} at most`)
      return [options.taskGroup, ...(await Promise.all(distinct.map(groupOf)))]
    },
    async keepOnly(named) {
      const listed = await listGroups(options, NETWORK)
      if (listed.size === 0) return
      const kept = new Set([...(await named())].map(network => networkGroupName(options.installation, network)))
      for (const [name, id] of listed) {
        if (kept.has(name)) continue
        known.clear()
        await dropGroup(options.client, id)
      }
    },
  }
}
