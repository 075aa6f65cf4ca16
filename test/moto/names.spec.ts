import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CreatePrivateDnsNamespaceCommand,
  ListNamespacesCommand,
  ListServicesCommand,
  ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNamedRouter } from '../../shared/adapters/cloud-map/named-router.ts'
import { createNames, type Names } from '../../shared/adapters/cloud-map/names.ts'
import type { Router, Target } from '../../shared/ports/router.ts'
import { type Fault, makeFaulty } from '../aws/faulty-client.ts'
import { fresh, onMoto } from './on-moto.ts'

const STREAM = 'service/shop/db'
const task = (id: string, host: string): Target => ({ id, addresses: { '5432/tcp': { host, port: 5432 } } })
const [a, b, c] = [task('a', '10.0.0.11'), task('b', '10.0.0.12'), task('c', '10.0.0.13')]

describe('names in Cloud Map', () => {
  const client = new ServiceDiscoveryClient({ ...onMoto(), disableHostPrefix: true })
  let vpc: string
  let domain: string
  let names: Names
  let now = 0
  const namesOn = (on: ServiceDiscoveryClient) =>
    createNames({ client: on, installation: domain, vpc, domain, clock: { now: () => now }, wait: async () => undefined })
  beforeEach(async () => {
    vpc = (await new EC2Client(onMoto()).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
    domain = `${fresh('test')}.internal`
    names = namesOn(client)
  })
  const zone = async () => (await client.send(new ListNamespacesCommand({}))).Namespaces?.find(({ Name }) => Name === domain)
  // moto filters by nothing, so the description tells whose they are
  const services = async () =>
    (await client.send(new ListServicesCommand({})))
      .Services!.filter(({ Description }) => Description === `longshore ${domain}`)
      .map(({ Name }) => Name!)
      .sort()
  const listed = async (stream = STREAM) => [...(await names.targets(stream))].sort()

  it('E4: each set replaces the last one; the zone comes with the first name only', async () => {
    await names.apply(STREAM, [], [])
    expect(await zone()).toBeUndefined()
    expect(await listed()).toEqual([])
    await names.apply(STREAM, ['db', 'Postgres'], [a, b])
    expect(await services()).toEqual(['db.shop', 'postgres.shop'])
    expect(await listed()).toEqual(['a', 'b'])
    await names.apply(STREAM, ['db', 'Postgres'], [b, c])
    expect(await listed()).toEqual(['b', 'c'])
  })

  it('an alias that is given up resolves to nobody; names that nobody has go later, and last the zone, which comes again', async () => {
    await names.apply(STREAM, ['db', 'postgres'], [a])
    await names.apply(STREAM, ['db'], [a])
    await names.dropUnused()
    expect(await services()).toEqual(['db.shop'])
    await names.apply(STREAM, [], [])
    expect(await listed()).toEqual([])
    await names.dropUnused()
    expect(await zone()).toBeUndefined()
    await names.dropUnused()
    await names.apply(STREAM, ['db'], [b])
    expect(await listed()).toEqual(['b'])
  })

  it('E4: a process that remembers a name or a zone which another one removed makes it again', async () => {
    await names.apply(STREAM, ['db'], [a])
    await namesOn(client).apply(STREAM, [], [])
    await namesOn(client).dropUnused()
    expect(await zone()).toBeUndefined()
    await names.apply(STREAM, ['db'], [a, b])
    expect(await listed()).toEqual(['a', 'b'])
  })

  it('a service without tasks has no name', async () => {
    await names.apply(STREAM, ['db'], [])
    expect(await zone()).toBeUndefined()
    await names.apply(STREAM, ['db'], [a])
    await names.apply(STREAM, ['db'], [])
    expect(await listed()).toEqual([])
    await names.dropUnused()
    expect(await services()).toEqual([])
  })

  it('stacks do not touch each other’s names, and services of one stack share an alias', async () => {
    await names.apply(STREAM, ['db', 'store'], [a])
    await names.apply('service/blog/db', ['db'], [b])
    await names.apply('service/shop/cache', ['cache', 'store'], [c])
    await names.apply(STREAM, [], [])
    expect(await listed('service/blog/db')).toEqual(['b'])
    expect(await listed('service/shop/cache')).toEqual(['c'])
    await names.dropUnused()
    expect(await services()).toEqual(['cache.shop', 'db.blog', 'store.shop'])
  })

  it('E5: a late call that brings back a name that was given up is found within ten minutes', async () => {
    await names.apply(STREAM, ['db', 'old'], [a])
    await names.apply(STREAM, ['db'], [a])
    await names.apply(STREAM, ['db'], [a])
    await namesOn(client).apply(STREAM, ['db', 'old'], [a, b])
    now += 600_000
    await names.apply(STREAM, ['db'], [a])
    expect(await listed()).toEqual(['a'])
  })

  it('a task is found by an address of its own, whatever its ports; one without any has no name yet', async () => {
    await names.apply(
      STREAM,
      ['db'],
      [
        { id: 'a', host: '10.0.0.11', addresses: {} },
        { id: 'x', addresses: {} },
      ],
    )
    expect(await listed()).toEqual(['a'])
  })

  it('a zone of the same name that is not ours is neither used nor removed', async () => {
    await client.send(new CreatePrivateDnsNamespaceCommand({ Name: domain, Vpc: vpc, Description: 'of somebody else' }))
    await expect(names.apply(STREAM, ['db'], [a])).rejects.toThrow('somebody else')
    await names.dropUnused()
    expect(await zone()).toBeDefined()
  })

  it.each(['lost before', 'lost after', 'throttled'] as const)(
    'invariant 4: each call that is %s once leaves what the next run completes',
    async kind => {
      const seen = new Set<string>()
      const fault = (command: string): Fault => (seen.size < seen.add(command).size ? kind : undefined)
      const faulty = namesOn(makeFaulty(new ServiceDiscoveryClient({ ...onMoto(), disableHostPrefix: true, maxAttempts: 1 }), fault).client)
      const until = async (own: readonly string[], targets: readonly Target[]) => {
        for (let run = 0; run < 20; run++)
          if (
            await faulty.apply(STREAM, own, targets).then(
              () => true,
              () => false,
            )
          )
            return
        throw new Error('did not settle')
      }
      await until(['db'], [a, b])
      expect(await listed()).toEqual(['a', 'b'])
      await until(['db'], [b])
      await until([], [])
      expect(await listed()).toEqual([])
      expect(seen.size).toBeGreaterThanOrEqual(6)
    },
  )

  it('E5: beside a router a task is gone when both forgot it, and the failure of one keeps nothing from the other', async () => {
    const applied: number[] = []
    const fake = (present: readonly string[], fails = false): Router => ({
      isVersioned: false,
      apply: async (_stream, version) => {
        if (fails) throw new Error('no load balancer')
        applied.push(version)
      },
      targets: async () => present,
      check: async () => [],
    })
    const both = createNamedRouter(fake(['c']), names)
    await both.apply(STREAM, 7, { fronts: [], targets: [a], names: ['db'] })
    expect(applied).toEqual([7])
    expect([...(await both.targets(STREAM, [a, b, c]))].sort()).toEqual(['a', 'c'])
    await expect(createNamedRouter(fake([], true), names).apply(STREAM, 8, { fronts: [], targets: [b], names: ['db'] })).rejects.toThrow(
      'no load balancer',
    )
    expect(await listed()).toEqual(['b'])
    await both.apply(STREAM, 9, { fronts: [], targets: [b] })
    expect(await listed()).toEqual([])
  })
})
