import {
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNetworkGroups } from '../../shared/adapters/ec2/network-groups.ts'
import { createBalancerGroups } from '../../shared/adapters/ec2/router-groups.ts'
import { networkGroupName } from '../../shared/domain/network-group-name.ts'
import { fresh, onMoto } from './on-moto.ts'

describe('security groups of networks', () => {
  const client = new EC2Client(onMoto())
  let installation: string
  let vpc: string
  beforeEach(async () => {
    installation = fresh('test')
    vpc = (await client.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
  })
  const groups = (more = {}) => createNetworkGroups({ client, vpc, installation, taskGroup: 'sg-tasks', ...more })
  /** moto removes a group whoever is a member of it: this client refuses as EC2 does. */
  const refusing = (id: string) =>
    new Proxy(client, {
      get: (of, name) => {
        if (name !== 'send') return Reflect.get(of, name)
        return async (command: DeleteSecurityGroupCommand) => {
          if (command instanceof DeleteSecurityGroupCommand && command.input.GroupId === id)
            throw Object.assign(new Error(`resource ${id} has a dependent object`), { name: 'DependencyViolation' })
          return of.send(command)
        }
      },
    })
  const there = async () => {
    const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }))
    return SecurityGroups.filter(({ GroupName }) => GroupName !== 'default')
  }

  it('M4: one group a network, whose members reach each other and whom nobody else reaches, found again by name', async () => {
    const [own, front, back] = await groups().groupsFor(['shop_front', 'shop_back'])
    expect(own).toBe('sg-tasks')
    for (const id of [front, back]) {
      const [rule, ...more] = (await there()).find(({ GroupId }) => GroupId === id)!.IpPermissions!
      expect(more).toEqual([])
      expect(rule).toMatchObject({ IpProtocol: '-1', IpRanges: [] })
      expect(rule!.UserIdGroupPairs!.map(({ GroupId }) => GroupId)).toEqual([id])
    }
    expect(await groups().groupsFor(['shop_back', 'shop_front', 'shop_back'])).toEqual(['sg-tasks', back, front])
    expect(await there()).toHaveLength(2)
  })

  it('M4: installations and networks of one spelling are kept apart', async () => {
    const ids = [
      (await groups().groupsFor(['default']))[1],
      (await groups({ installation: fresh('test') }).groupsFor(['default']))[1],
      (await groups().groupsFor(['default2']))[1],
    ]
    expect(new Set(ids).size).toBe(3)
  })

  it('M4: many at once make one', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => groups().groupsFor(['shop_default'])))
    expect(new Set(all.map(ids => ids[1])).size).toBe(1)
    expect(await there()).toHaveLength(1)
  })

  it('M4: refuses more than five groups on a task', async () => {
    const networks = ['a', 'b', 'c', 'd', 'e']
    expect(await groups().groupsFor(networks.slice(0, 4))).toHaveLength(5)
    await expect(groups().groupsFor(networks)).rejects.toThrow(RangeError)
  })

  it('M4: removes those that nobody names, keeps those of others, and makes them again', async () => {
    const own = groups()
    const [, id] = await own.groupsFor(['shop_default', 'shared'])
    await groups({ installation: fresh('test') }).groupsFor(['shop_default'])
    await own.keepOnly(async () => new Set(['shared', 'blog_default']))
    expect((await there()).map(({ GroupName }) => GroupName)).toEqual(
      expect.arrayContaining([networkGroupName(installation, 'shared'), expect.stringMatching(/network shop_default$/)]),
    )
    expect(await there()).toHaveLength(2)
    const [, again] = await own.groupsFor(['shop_default'])
    expect(again).not.toBe(id)
    await own.keepOnly(async () => new Set())
    await own.keepOnly(() => Promise.reject(new Error('nothing is there, so that nobody is asked')))
    expect(await there()).toHaveLength(1)
  })

  it('E4: one that is in use stays for the next time, and holds up no other', async () => {
    const [, id] = await groups().groupsFor(['shop_a', 'shop_b'])
    await groups({ client: refusing(id!) }).keepOnly(async () => new Set())
    expect((await there()).map(({ GroupId }) => GroupId)).toEqual([id])
    await groups().keepOnly(async () => new Set())
    expect(await there()).toEqual([])
  })

  it('E7: what is made after the listing is not removed, whatever is named', async () => {
    await groups().groupsFor(['shop_a'])
    await groups().keepOnly(async () => {
      await groups().groupsFor(['shop_b'])
      return new Set()
    })
    expect((await there()).map(({ GroupName }) => GroupName)).toEqual([networkGroupName(installation, 'shop_b')])
  })

  it('M4: one that somebody removed is made again by who asks anew', async () => {
    const own = groups()
    const [, id] = await own.groupsFor(['shop_default'])
    await client.send(new DeleteSecurityGroupCommand({ GroupId: id }))
    expect((await own.groupsFor(['shop_default']))[1]).toBe(id)
    const [, again] = await own.groupsFor(['shop_default'], true)
    expect((await there()).map(({ GroupId }) => GroupId)).toEqual([again])
  })

  it('the load balancer’s group goes with its rule when there is none any more, and comes back', async () => {
    const { GroupId: tasks } = await client.send(new CreateSecurityGroupCommand({ GroupName: 'tasks', Description: 'tasks', VpcId: vpc }))
    const balancer = createBalancerGroups({ client, vpc, installation, taskGroup: tasks! })
    const rules = async () => (await there()).find(({ GroupId }) => GroupId === tasks)!.IpPermissions!
    await balancer.retire()
    for (let life = 0; life < 2; life++) {
      const [group] = await balancer.forBalancer()
      await balancer.admit([group!])
      await balancer.open([80])
      expect(await rules()).toMatchObject([{ FromPort: 0, ToPort: 65_535, UserIdGroupPairs: [{ GroupId: group }] }])
      await balancer.retire()
      expect((await there()).map(({ GroupId }) => GroupId)).toEqual([tasks])
      expect(await rules()).toEqual([])
    }
  })

  it('the load balancer’s group stays with its rule while a load balancer is a member of it', async () => {
    const { GroupId: tasks } = await client.send(new CreateSecurityGroupCommand({ GroupName: 'tasks', Description: 'tasks', VpcId: vpc }))
    const balancer = createBalancerGroups({ client, vpc, installation, taskGroup: tasks! })
    const [group] = await balancer.forBalancer()
    await balancer.admit([group!])
    await createBalancerGroups({ client: refusing(group!), vpc, installation, taskGroup: tasks! }).retire()
    expect((await there()).find(({ GroupId }) => GroupId === tasks)!.IpPermissions).toHaveLength(1)
  })
})
