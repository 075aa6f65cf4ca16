import { describe, expect, it } from 'vitest'
import { isWatched } from '../../shared/application/check-health.ts'
import { sweep } from '../../shared/application/sweep.ts'
import { PROBE_DEFAULTS } from '../../shared/domain/probe.ts'
import type { HealthCheck, ServiceSpec } from '../../shared/domain/spec.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import { WEB } from '../application/world.ts'
import { spec } from '../domain/given.ts'
import { ecsStory, plannedIn } from './story.ts'

const healthcheck: HealthCheck = { test: ['CMD', 'true'], interval: 5_000, timeout: 2_000, retries: 3, startPeriod: 0 }
const ports: ServiceSpec['ports'] = [{ target: 3000, published: 80, protocol: 'tcp', layer: 'http' }]
const http = { ...PROBE_DEFAULTS, http: { port: 3000, path: '/ok', scheme: 'http' as const } }
const ready = async (story: ReturnType<typeof ecsStory>) =>
  (await story.tasks()).filter(task => task.readyAt !== undefined).map(({ number }) => number)

describe('M7 on AWS: a task is ready', () => {
  it('when it runs, where nothing checks it and nothing is published', async () => {
    const story = ecsStory()
    await story.up({ web: spec('web', { ports: [{ target: 3000, protocol: 'tcp', layer: 'http' }] }) })
    await story.until(async () => (await ready(story)).length === 1, 5)
    expect(story.looks.count).toBe(0)
    expect(story.ecs.calls).not.toContain('DescribeTasks')
  })

  it('when its container’s own check passed, where it publishes nothing', async () => {
    const story = ecsStory()
    story.first.health = 'UNKNOWN'
    await story.up({ web: spec('web', { healthcheck }) })
    await story.rounds(15)
    expect(await ready(story)).toEqual([])
    story.ecs.change((await story.tasks())[0]!.id, { healthStatus: 'HEALTHY' })
    await story.until(async () => (await ready(story)).length === 1, 10)
  })

  it('when its target is healthy, where it publishes a port, and gets no request before', async () => {
    const story = ecsStory()
    story.targets.set(1, 'initial')
    await story.up({ web: spec('web', { ports }) })
    await story.rounds(20)
    expect(await ready(story)).toEqual([])
    expect([story.served(), story.router.sets.get(WEB)!.coming?.length]).toEqual([[], 1])
    expect(isWatched(await story.service(), AWS)).toBe(true)
    story.targets.set(1, 'healthy')
    await story.until(async () => (await story.service()).ended?.outcome === 'ok')
    expect(story.served()).toEqual([(await story.tasks())[0]!.id])
    expect(isWatched(await story.service(), AWS)).toBe(false)
  })

  it('when both say so, where it has both', async () => {
    const story = ecsStory()
    story.first.health = 'UNKNOWN'
    story.targets.set(1, 'initial')
    await story.up({ web: spec('web', { ports, healthcheck }) })
    await story.rounds(10)
    expect(story.router.sets.get(WEB)!.coming).toBeUndefined() // nobody is to send it anything
    story.ecs.change((await story.tasks())[0]!.id, { healthStatus: 'HEALTHY' })
    await story.rounds(10)
    expect([await ready(story), story.router.sets.get(WEB)!.coming?.length]).toEqual([[], 1])
    story.targets.set(1, 'healthy')
    await story.until(async () => (await ready(story)).length === 1, 10)
  })
})

describe('a target that the load balancer finds ill', () => {
  const settled = async (more: Partial<ServiceSpec> = {}) => {
    const story = ecsStory()
    await story.up({ web: { spec: spec('web', { ports, ...more }), replicas: 2 } })
    await story.until(async () => (await story.service()).ended?.outcome === 'ok')
    return story
  }

  it('is not ready, says why, is shown on, is not replaced, and comes back', async () => {
    const story = await settled()
    const before = await plannedIn(story)
    story.targets.set(1, 'unhealthy')
    await sweep(story.world)
    expect(await ready(story)).toEqual([2])
    expect((await story.tasks())[0]!.probes?.why).toBe('its readiness probe failed: Health checks failed with these codes: [503]')
    await story.rounds(20)
    expect([story.served().length, story.router.sets.get(WEB)!.coming?.length]).toEqual([1, 1])
    story.targets.set(1, 'healthy')
    await story.until(async () => (await ready(story)).length === 2, 10)
    expect(await plannedIn(story)).toEqual(before)
  })

  it('L11: a verdict that stays is recorded once', async () => {
    const story = await settled()
    const { version } = await story.service()
    for (let n = 0; n < 5; n++) await sweep(story.world)
    expect((await story.service()).version).toBe(version)
  })

  it('is replaced where liveness is what it is asked, but not before its grace is over', async () => {
    const story = ecsStory()
    story.targets.set(1, 'unhealthy')
    await story.up({ web: spec('web', { ports, probes: { startup: { ...http, period: 1_000, failureThreshold: 30 }, liveness: http } }) })
    await story.rounds(25)
    expect(await plannedIn(story)).toEqual(['start 1'])
    await story.until(async () => (await plannedIn(story)).includes('drain 1: unhealthy'), 30)
    await story.until(async () => (await story.service()).ended?.outcome === 'ok')
    story.targets.set(2, 'unhealthy')
    await sweep(story.world)
    await story.until(async () => (await plannedIn(story)).includes('drain 2: unhealthy'), 5)
  })

  it('never takes the place of one that serves: the old task stays, and the deployment is rolled back at its deadline', async () => {
    const story = await settled()
    for (let n = 3; n < 10; n++) story.targets.set(n, 'unhealthy')
    await story.up({ web: { spec: spec('web:2', { ports }), replicas: 2 } })
    await story.until(async () => (await story.service()).wish?.cause === 'rollback', 700)
    const planned = await plannedIn(story)
    expect(planned.filter(line => /^drain (1|2)\b/.test(line))).toEqual([])
    expect(story.served()).toHaveLength(2)
  })
})

describe('T3: what health costs', () => {
  it('tasks with a check are described in hundreds while they become ready, and those without never', async () => {
    const story = ecsStory()
    story.first.health = 'UNKNOWN'
    await story.up({ web: { spec: spec('web', { healthcheck }), replicas: 250 } })
    await story.until(async () => (await story.tasks()).filter(task => task.state === 'running').length === 250, 20)
    story.ecs.calls.length = 0
    story.time.now += 5_000
    await story.rounds(1)
    expect(story.ecs.calls.filter(call => call === 'DescribeTasks')).toHaveLength(3)
    expect(story.ecs.calls.filter(call => call === 'ListTasks')).toHaveLength(3)
  })
})
