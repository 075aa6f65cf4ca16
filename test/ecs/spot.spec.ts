import { describe, expect, it } from 'vitest'
import { explain } from '../../shared/application/explain.ts'
import { sweep } from '../../shared/application/sweep.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { spec } from '../domain/given.ts'
import { ecsStory, plannedIn } from './story.ts'

const ports: ServiceSpec['ports'] = [{ target: 3000, published: 80, protocol: 'tcp', layer: 'http' }]
const WARNING = { desiredStatus: 'STOPPED', stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' } as const

/** Two tasks serve, and the grace period is as long as Spot's warning. */
async function serving(more: Partial<ServiceSpec> = {}, replicas = 2) {
  const story = ecsStory()
  await story.up({ web: { spec: spec('web', { ports, stopGracePeriod: 120_000, ...more }), replicas } })
  await story.until(async () => (await story.service()).ended?.outcome === 'ok')
  const [first] = await story.tasks()
  const warn = (how: object = WARNING) => {
    story.ecs.change(first!.id, how)
    return story.tell(first!.id)
  }
  return { story, first: first!, warn, before: await plannedIn(story) }
}
const since = async (story: ReturnType<typeof ecsStory>, before: readonly string[]) => (await plannedIn(story)).slice(before.length)

describe('Spot takes a task back', () => {
  it('it is replaced first and serves until its replacement does, then drains, and is no failure', async () => {
    const { story, first, warn, before } = await serving()
    story.targets.set(3, 'initial')
    await warn()
    await story.rounds(10)
    expect(await since(story, before)).toEqual(['start 3'])
    expect(story.served()).toContain(first.id)
    expect((await explain(story.world as never, 'shop', 'web.1')).sentence).toContain('Your Spot Task was interrupted')
    story.targets.set(3, 'healthy')
    await story.rounds(10)
    expect(await since(story, before)).toEqual(['start 3', 'drain 1: its runtime will end it', 'stop 1'])
    expect(story.served()).not.toContain(first.id)
    expect(story.served()).toHaveLength(2)
    expect(await story.service()).toMatchObject({ failed: 0, streak: 0 })
  })

  it('it leaves in time though its replacement is late', async () => {
    const { story, first, warn, before } = await serving()
    story.targets.set(3, 'initial')
    await warn()
    await story.rounds(85)
    expect(story.served()).toContain(first.id)
    await story.rounds(10)
    expect(story.served()).not.toContain(first.id)
    expect(await since(story, before)).toContain('drain 1: its runtime will end it')
  })

  it('with a short grace period it leaves at once, since it is killed when that is over', async () => {
    const { story, first, warn } = await serving({ stopGracePeriod: 10_000 })
    story.targets.set(3, 'initial')
    await warn()
    await story.rounds(2)
    expect(story.served()).not.toContain(first.id)
  })

  it('a warning that got lost is found by the sweep', async () => {
    const { story, first, before } = await serving()
    await story.rounds(60)
    story.ecs.change(first.id, WARNING) // ECS lists it no longer: what is missing from a listing is looked up
    await sweep(story.world)
    await story.rounds(3)
    expect(await since(story, before)).toContain('start 3')
  })

  it('said again, late, or after the end, it changes nothing', async () => {
    const { story, first, warn, before } = await serving()
    await warn()
    const warned = { ...story.ecs.known.get(first.id)!.task }
    await story.rounds(10)
    story.ecs.end(first.id, { stopCode: 'SpotInterruption' }, 143)
    await story.tell(first.id)
    story.ecs.known.get(first.id)!.task = warned
    await story.tell(first.id)
    await story.rounds(10)
    expect((await since(story, before)).filter(line => line.startsWith('start'))).toEqual(['start 3'])
    expect(await story.tasks()).toHaveLength(2)
    expect(await story.service()).toMatchObject({ failed: 0 })
  })

  it('all of them at once: all are replaced, and all serve until then', async () => {
    const { story, before } = await serving()
    for (const task of await story.tasks()) {
      story.targets.set(task.number + 2, 'initial')
      story.ecs.change(task.id, WARNING)
      await story.tell(task.id)
    }
    await story.rounds(10)
    expect(await since(story, before)).toEqual(['start 3,4'])
    expect(story.served()).toHaveLength(2)
    story.targets.clear()
    await story.rounds(10)
    expect(story.served()).toHaveLength(2)
    expect((await story.tasks()).filter(task => task.readyAt !== undefined && !task.drain).map(({ number }) => number)).toEqual([3, 4])
  })

  it.each(['TerminationNotice', 'InfrastructureHealth', 'UserInitiated'])('%s is the same', async stopCode => {
    const { story, warn, before } = await serving()
    story.targets.set(3, 'initial')
    await warn({ ...WARNING, stopCode })
    await story.rounds(3)
    expect(await since(story, before)).toEqual(['start 3'])
  })

  it('what Longshore itself stops, and what ends by itself, is not replaced for that', async () => {
    const { story, warn, before } = await serving()
    await warn({ desiredStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'Longshore stops it' })
    expect((await story.tasks())[0]!.leaving).toBeUndefined()
    await warn({ desiredStatus: 'STOPPED', stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' })
    expect((await story.tasks())[0]!.leaving).toBeUndefined()
    expect(await since(story, before)).toEqual([])
  })
})
