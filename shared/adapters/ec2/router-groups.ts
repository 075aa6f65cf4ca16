import { dropGroup, findGroup, findOrMake, letIn, type SecurityGroupsOptions, shutOut } from './security-groups.ts'

export type BalancerGroups = {
  /** The load balancer's group, made where it is missing. */
  forBalancer(): Promise<readonly string[]>
  /** Every task lets these groups in. */
  admit(balancerGroups: readonly string[]): Promise<void>
  open(ports: readonly number[]): Promise<void>
  close(port: number): Promise<void>
  /** There is no load balancer: its group goes, and tasks let nobody in for it. One that is in use stays for the next time. */
  retire(): Promise<void>
}

const WANTED = { name: 'router', description: 'The load balancer: the world reaches its published ports' }
const world = (port: number) => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
})

const balancer = (group: string) => ({ IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, UserIdGroupPairs: [{ GroupId: group }] })

/** Who reaches the load balancer, and that it reaches the tasks: on all ports, since only registered ones are ever asked. */
export function createBalancerGroups(options: SecurityGroupsOptions & { readonly taskGroup: string }): BalancerGroups {
  const { client, taskGroup } = options
  return {
    forBalancer: async () => [await findOrMake(options, WANTED)],
    async admit(balancerGroups) {
      for (const group of balancerGroups) await letIn(client, taskGroup, balancer(group))
    },
    async open(ports) {
      const group = await findOrMake(options, WANTED)
      for (const port of ports) await letIn(client, group, world(port))
    },
    async close(port) {
      const group = await findGroup(options, WANTED.name)
      if (group !== undefined) await shutOut(client, group, world(port))
    },
    async retire() {
      const group = await findGroup(options, WANTED.name)
      if (group === undefined) return
      await shutOut(client, taskGroup, balancer(group)) // a group that a rule names cannot be removed
      if (!(await dropGroup(client, group))) await letIn(client, taskGroup, balancer(group)) // somebody made a load balancer meanwhile
    },
  }
}
