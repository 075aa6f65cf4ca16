import { describe, expect, it } from 'vitest'
import { sweep } from '../../shared/application/sweep.ts'
import type { HealthCheck } from '../../shared/domain/spec.ts'
import { spec } from '../domain/given.ts'
import { ecsStory, plannedIn } from './story.ts'

const healthcheck: HealthCheck = { test: ['CMD', 'true'], interval: 5_000, timeout: 2_000, retries: 3, startPeriod: 0 }

describe('a container’s health on ECS, of which only a look tells', () => {
  const settled = async () => {
    const story = ecsStory()
    await story.up({ web: { spec: spec('web', { healthcheck }), replicas: 2 } })
    await story.until(async () => (await story.service()).ended?.outcome === 'ok')
    const [first] = await story.tasks()
    const is = async (...words: ('HEALTHY' | 'UNHEALTHY' | 'UNKNOWN')[]) => {
      for (const healthStatus of words) {
        story.ecs.change(first!.id, { healthStatus })
        await sweep(story.world)
      }
    }
    return { story, first: first!, is }
  }

  it('UNKNOWN says nothing, before a task is ready and after', async () => {
    const story = ecsStory()
    story.first.health = 'UNKNOWN'
    await story.up({ web: spec('web', { healthcheck }) })
    await story.rounds(10)
    const [task] = await story.tasks()
    for (const healthStatus of ['UNKNOWN', 'HEALTHY', 'UNKNOWN', 'HEALTHY', 'UNKNOWN'] as const) {
      story.ecs.change(task!.id, { healthStatus })
      await story.rounds(6)
    }
    expect(await plannedIn(story)).toEqual(['start 1', 'available 1', 'ended ok'])
  })

  it('flips that nobody looked between are one change at most', async () => {
    const { story, first, is } = await settled()
    const { version } = await story.service()
    for (const healthStatus of ['UNHEALTHY', 'UNKNOWN', 'HEALTHY'] as const) story.ecs.change(first.id, { healthStatus })
    await is('HEALTHY', 'UNKNOWN', 'HEALTHY')
    expect((await story.service()).version).toBe(version)
  })

  it('UNHEALTHY once replaces it, whatever is seen of it afterwards', async () => {
    const { story, is } = await settled()
    await is('UNHEALTHY', 'HEALTHY', 'UNKNOWN', 'UNHEALTHY', 'HEALTHY')
    await story.until(
      async () => (await story.service()).endedTasks.length === 1 && (await story.tasks()).every(task => task.readyAt !== undefined),
    )
    expect((await plannedIn(story)).slice(-3)).toEqual(['drain 1: unhealthy', 'start 3', 'stop 1'])
    expect((await story.events()).filter(event => event.type === 'TaskSeen' && event.health === 'unhealthy')).toHaveLength(1)
    expect((await story.service()).failed).toBe(1)
  })

  it('UNHEALTHY before it was ever ready fails its deployment, which goes back', async () => {
    const { story } = await settled()
    story.first.health = 'UNHEALTHY'
    await story.up({ web: { spec: spec('web:2', { healthcheck }), replicas: 2 } })
    await story.until(async () => (await story.service()).wish?.cause === 'rollback')
    const planned = await plannedIn(story)
    expect(planned.filter(line => /^(drain|stop) (1|2)\b/.test(line))).toEqual([])
    expect(planned).toContain('ended failed')
  })

  it('replacements that are ill as well wait longer and longer', async () => {
    const { story, is } = await settled()
    story.first.health = 'UNHEALTHY'
    await is('UNHEALTHY')
    await story.rounds(60)
    const starts = (await plannedIn(story)).filter(line => line.startsWith('start')).length
    await story.rounds(60)
    const more = (await plannedIn(story)).filter(line => line.startsWith('start')).length - starts
    expect(more).toBeLessThan(starts)
    expect(story.served()).toHaveLength(1)
  })
})
