import { CreateVpcCommand, DeleteSecurityGroupCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNetworkGroups } from '../../shared/adapters/ec2/network-groups.ts'
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
  const there = async () => {
    const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }))
    return SecurityGroups.filter(({ GroupName }) => GroupName !== 'default')
  }

  it('M4: one group a network, whose members reach each other and whom nobody else reaches, found again by name', async () => {
    const [own, front, back] = await groups().groupsFor('shop', ['shop_front', 'shop_back'])
    expect(own).toBe('sg-tasks')
    for (const id of [front, back]) {
      const [rule, ...more] = (await there()).find(({ GroupId }) => GroupId === id)!.IpPermissions!
      expect(more).toEqual([])
      expect(rule).toMatchObject({ IpProtocol: '-1', IpRanges: [] })
      expect(rule!.UserIdGroupPairs!.map(({ GroupId }) => GroupId)).toEqual([id])
    }
    expect(await groups().groupsFor('shop', ['shop_back', 'shop_front', 'shop_back'])).toEqual(['sg-tasks', back, front])
    expect(await there()).toHaveLength(2)
  })

  it('M4: installations and networks of one spelling are kept apart', async () => {
    const ids = [
      (await groups().groupsFor('shop', ['default']))[1],
      (await groups({ installation: fresh('test') }).groupsFor('shop', ['default']))[1],
      (await groups().groupsFor('shop', ['default2']))[1],
    ]
    expect(new Set(ids).size).toBe(3)
  })

  it('M4: many at once make one', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => groups().groupsFor('shop', ['shop_default'])))
    expect(new Set(all.map(ids => ids[1])).size).toBe(1)
    expect(await there()).toHaveLength(1)
  })

  it('M4: refuses more than five groups on a task', async () => {
    const networks = ['a', 'b', 'c', 'd', 'e']
    expect(await groups().groupsFor('shop', networks.slice(0, 4))).toHaveLength(5)
    await expect(groups().groupsFor('shop', networks)).rejects.toThrow(RangeError)
  })

  it('drops those of a stack that is gone, and makes them again; what is gone already is no error', async () => {
    const own = groups()
    const [, id] = await own.groupsFor('shop', ['shop_default'])
    await own.drop('shop', ['shop_default', 'shop_never'])
    expect(await there()).toEqual([])
    const [, again] = await own.groupsFor('shop', ['shop_default'])
    expect(again).not.toBe(id)
    await client.send(new DeleteSecurityGroupCommand({ GroupId: again }))
    await own.drop('shop', ['shop_default'])
  })
})
