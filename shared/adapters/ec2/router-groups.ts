import { findGroup, findOrMake, letIn, type SecurityGroupsOptions, shutOut } from './security-groups.ts'

export type BalancerGroups = {
  /** The load balancer's group, made where it is missing. */
  forBalancer(): Promise<readonly string[]>
  /** Every task lets these groups in. */
  admit(balancerGroups: readonly string[]): Promise<void>
  open(ports: readonly number[]): Promise<void>
  close(port: number): Promise<void>
}

const WANTED = { name: 'router', description: 'The load balancer: the world reaches its published ports' }
const world = (port: number) => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
})

/** Who reaches the load balancer, and that it reaches the tasks: on all ports, since only registered ones are ever asked. */
export function createBalancerGroups(options: SecurityGroupsOptions & { readonly taskGroup: string }): BalancerGroups {
  return {
    forBalancer: async () => [await findOrMake(options, WANTED)],
    async admit(balancerGroups) {
      for (const group of balancerGroups)
        await letIn(options.client, options.taskGroup, {
          IpProtocol: 'tcp',
          FromPort: 0,
          ToPort: 65_535,
          UserIdGroupPairs: [{ GroupId: group }],
        })
    },
    async open(ports) {
      const group = await findOrMake(options, WANTED)
      for (const port of ports) await letIn(options.client, group, world(port))
    },
    async close(port) {
      const group = await findGroup(options, WANTED.name)
      if (group !== undefined) await shutOut(options.client, group, world(port))
    },
  }
}
