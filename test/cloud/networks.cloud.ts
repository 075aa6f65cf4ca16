import { randomUUID } from 'node:crypto'
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { ListInstancesCommand, ListNamespacesCommand, ListServicesCommand, ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emptySpec, type StackSpec } from '../../shared/domain/spec.ts'
import { clientOptions } from './emulator.ts'
import { invoke } from './raw-call.ts'
import { openRoom, type Room } from './room.ts'

describe('networks of a stack on AWS', () => {
  let room: Room
  beforeAll(async () => {
    room = await openRoom({ port: 19_713 })
  })
  afterAll(async () => {
    await room?.close()
  })
  const until = async (what: string, run: string, isSo: () => Promise<boolean>) => {
    for (const end = Date.now() + 180_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 1_000))) {
      await invoke(room.emulator, run)
      if (await isSo()) return
    }
    throw new Error(`did not come about: ${what}`)
  }

  it('M4: a group for the network and a name for each task, told in the plan; both are gone with the last stack', async () => {
    const { emulator, deployment, image } = room
    const ec2 = new EC2Client(clientOptions(emulator))
    const map = new ServiceDiscoveryClient({ ...clientOptions(emulator), disableHostPrefix: true })
    const groups = async () => {
      const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
      return SecurityGroups.map(({ GroupName }) => GroupName!).filter(name => name.startsWith('longshore longshore '))
    }
    const names = async () => (await map.send(new ListServicesCommand({}))).Services ?? []
    const zones = async () => ((await map.send(new ListNamespacesCommand({}))).Namespaces ?? []).map(({ Name }) => Name)
    const spec = { ...emptySpec, image, networks: [{ name: 'net_default', aliases: ['store'] }], update: { monitor: 1_000 } }
    const asked = { spec: { name: 'net', services: { db: { replicas: 2, spec } } } satisfies StackSpec, secrets: {}, blobs: {} }
    expect((await deployment.api.plan('net', asked)).estimate!.resources).toEqual(
      expect.arrayContaining(['security group longshore longshore network net_default', 'name db.net.longshore.internal']),
    )
    await deployment.api.deploy('net', asked, randomUUID())
    await until('the deployment has ended', 'Sweep', async () => (await deployment.api.status('net')).settled)
    expect((await deployment.api.status('net')).deployment?.outcome).toBe('ok')
    expect(await groups()).toEqual(['longshore longshore network net_default'])
    expect((await names()).map(({ Name }) => Name).toSorted()).toEqual(['db.net', 'store.net'])
    for (const { Id } of await names()) {
      const { Instances = [] } = await map.send(new ListInstancesCommand({ ServiceId: Id }))
      expect(Instances.map(({ Attributes }) => Attributes!['LONGSHORE_STREAM'])).toEqual(['service/net/db', 'service/net/db'])
    }
    await deployment.api.remove('net', { volumes: true }, randomUUID())
    await until('the stack is gone', 'Sweep', async () => (await deployment.api.status('net')).gone)
    const isClear = async () => (await Promise.all([groups(), names(), zones()])).every(left => left.length === 0)
    await until('nothing is left of its network', 'Audit', isClear)
  })
})
