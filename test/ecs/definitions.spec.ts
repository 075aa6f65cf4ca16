import { describe, expect, it } from 'vitest'
import { imageOf } from '../../shared/adapters/ecs/task-definition.ts'
import { ecsWorld, request, spec, WEB } from './ecs-world.ts'

const definitionOf = async (more: Parameters<typeof spec>[0], world = ecsWorld()) => {
  const fact = await world.runtime.start(request(spec(more)))
  expect(fact.state).toBe('pending')
  const { definition } = world.ecs.definitions.at(-1)!
  return { definition, container: definition.containerDefinitions![0]! }
}

describe('a task definition', () => {
  it('says of the container what the spec says', async () => {
    const { definition, container } = await definitionOf({
      digest: 'sha256:abc',
      entrypoint: ['/bin/app'],
      command: ['serve'],
      environment: { COLOUR: 'blue' },
      user: '1000:1000',
      workingDir: '/srv',
      ports: [{ target: 3000, published: 80, protocol: 'tcp', layer: 'http' }],
      expose: [{ target: 53, protocol: 'udp' }],
      healthcheck: { test: ['CMD', 'ok'], interval: 1_500, timeout: 2_500, retries: 2, startPeriod: 10_000 },
      stopGracePeriod: 30_500,
      init: true,
      tty: true,
      readOnly: true,
      capDrop: ['ALL'],
      labels: { team: 'blue' },
      resources: { cpus: 0.5, memory: 512 * 2 ** 20 },
      volumes: [
        { type: 'tmpfs', target: '/tmp', readOnly: false, sizeBytes: 2 ** 20 },
        { type: 'volume', target: '/cache', readOnly: false },
      ],
    })
    expect(definition).toMatchObject({
      family: 'prod-shop-web',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '512',
      memory: '1024',
      executionRoleArn: 'arn:aws:iam::1:role/execution',
      runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
      volumes: [{ name: 'volume-1' }],
    })
    expect(container).toMatchObject({
      name: 'web',
      image: 'registry/app@sha256:abc',
      essential: true,
      entryPoint: ['/bin/app'],
      command: ['serve'],
      user: '1000:1000',
      workingDirectory: '/srv',
      portMappings: [
        { containerPort: 3000, hostPort: 3000, protocol: 'tcp' },
        { containerPort: 53, hostPort: 53, protocol: 'udp' },
      ],
      healthCheck: { command: ['CMD', 'ok'], interval: 5, timeout: 3, retries: 2, startPeriod: 10 },
      stopTimeout: 31,
      pseudoTerminal: true,
      readonlyRootFilesystem: true,
      dockerLabels: { team: 'blue' },
      cpu: 512,
      memory: 512,
      linuxParameters: {
        initProcessEnabled: true,
        capabilities: { drop: ['ALL'] },
        tmpfs: [{ containerPath: '/tmp', size: 1, mountOptions: [] }],
      },
      mountPoints: [{ sourceVolume: 'volume-1', containerPath: '/cache', readOnly: false }],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/longshore/prod', 'awslogs-stream-prefix': 'shop/web', mode: 'non-blocking' },
      },
    })
    expect(container.environment).toEqual(
      expect.arrayContaining([
        { name: 'COLOUR', value: 'blue' },
        { name: 'LONGSHORE_SERVICE', value: 'web' },
        { name: 'LONGSHORE_STACK', value: 'shop' },
      ]),
    )
  })

  it.each([
    [0, 2],
    [10_000, 10],
    [120_000, 120],
  ])('a grace of %i ms is a stopTimeout of %i s', async (stopGracePeriod, stopTimeout) => {
    expect((await definitionOf({ stopGracePeriod })).container.stopTimeout).toBe(stopTimeout)
  })

  it('M4: looks for peers in the names of its stack, unless it says where; without a network it has no peers', async () => {
    const searches = async (more: Parameters<typeof spec>[0]) => {
      const { container } = await definitionOf(more)
      return container.environment!.find(({ name }) => name === 'LOCALDOMAIN')?.value
    }
    const networks = [{ name: 'shop_default', aliases: [] }]
    expect(await searches({ networks })).toBe('shop.prod.internal')
    expect(await searches({ networks, environment: { LOCALDOMAIN: 'corp.example' } })).toBe('corp.example')
    expect(await searches({})).toBeUndefined()
  })

  it('names the very image that was resolved', () => {
    expect(imageOf(spec({ image: 'localhost:5000/a/b:1', digest: 'sha256:f' }))).toBe('localhost:5000/a/b@sha256:f')
    expect(imageOf(spec({ image: 'app', digest: 'r/app@sha256:f' }))).toBe('r/app@sha256:f')
    expect(imageOf(spec({ image: 'app:2' }))).toBe('app:2')
  })

  it('M3: takes secrets from their store by version, composed ones too, and holds no value', async () => {
    const world = ecsWorld()
    world.secrets.set('shop/db/2', 'p$&ss wörd')
    const asked = {
      environment: { PASSWORD: '‹secret:db›', URL: 'db://u:‹secret:db›@db' },
      secrets: { db: { version: 2, hash: 'h' } },
    }
    const { definition, container } = await definitionOf(asked, world)
    expect(container.secrets).toEqual([
      { name: 'PASSWORD', valueFrom: 'arn:aws:secretsmanager:eu-west-1:1:secret:shop/db-AbCdEf:value::v2' },
      { name: 'URL', valueFrom: expect.stringMatching(/secret:shop\/composed-[0-9a-f]{24}-AbCdEf:value::v1$/) },
    ])
    expect(JSON.stringify(definition)).not.toContain('wörd')
    expect([...world.secrets.values()]).toContain('db://u:p$&ss wörd@db')
    const later = { ...asked, secrets: { db: { version: 3, hash: 'i' } } }
    world.secrets.set('shop/db/3', 'new')
    await definitionOf(later, world)
    expect(world.ecs.definitions).toHaveLength(2) // a new version is a new definition
  })

  it('E1: equal specs share one, whatever their revision; a rollback finds the old one', async () => {
    const world = ecsWorld()
    await world.runtime.start(request(spec(), { revision: 1 }))
    await world.runtime.start(request(spec({ image: 'app:2' }), { revision: 2 }))
    const fresh = world.another()
    await fresh.start(request(spec(), { revision: 3 }))
    expect(world.ecs.definitions).toHaveLength(2)
    expect(world.ecs.runs.at(-1)!.taskDefinition).toBe(world.ecs.runs[0]!.taskDefinition)
  })

  it('of a stack that is removed go, and no other stack’s', async () => {
    const { runtime, ecs } = ecsWorld()
    await runtime.start(request())
    await runtime.start(request(spec({ image: 'app:2' })))
    await runtime.start(request(spec(), { stream: 'service/shop/a.b', service: 'a.b' }))
    await runtime.start(request(spec(), { stream: 'service/shop-2/web', stack: 'shop-2' }))
    await runtime.start(request(spec(), { stream: 'service/shopping/web', stack: 'shopping' }))
    await runtime.removeStack('shop', { volumes: true })
    expect(ecs.definitions.map(({ definition }) => definition.family).sort()).toEqual([
      expect.stringMatching(/^prod-shop_2-web-/),
      'prod-shopping-web',
    ])
    expect(ecs.deleted).toHaveLength(3)
    await runtime.removeStack('shop', { volumes: true })
    await runtime.removeStack('shop-2', { volumes: true })
    expect(ecs.definitions).toHaveLength(1)
  })

  it('E1: stands before the intent', async () => {
    const { runtime, ecs } = ecsWorld()
    await runtime.prepare(spec(), { stream: WEB, count: 1 })
    expect(ecs.calls).toContain('RegisterTaskDefinition')
    expect(ecs.runs).toEqual([])
  })
})
