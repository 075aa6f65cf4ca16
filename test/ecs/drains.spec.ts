import { describe, expect, it } from 'vitest'
import { reconcile, settingOf } from '../../shared/application/reconcile.ts'
import { mayBeRouted, route } from '../../shared/application/route.ts'
import type { Service, Task } from '../../shared/domain/service.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'

import { RoutesOutdated, type TimeLeft } from '../../shared/ports/time-left.ts'
import { serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { WEB } from '../application/world.ts'
import { spec } from '../domain/given.ts'
import { ecsStory, plannedIn } from './story.ts'

const ports: ServiceSpec['ports'] = [{ target: 3000, published: 80, protocol: 'tcp', layer: 'http' }]
const networks: ServiceSpec['networks'] = [{ name: 'shop_default', aliases: [], internal: false, external: false }]

/** A service of two whose router knows no versions, rolled from one image to another. */
async function rolled(more: Partial<ServiceSpec>, until: (story: ReturnType<typeof ecsStory>) => Promise<boolean>, most = 120) {
  const story = ecsStory()
  Object.assign(story.router, { isVersioned: false })
  await story.up({ web: { spec: spec('web', more), replicas: 1 } })
  await story.until(async () => (await story.service()).ended?.outcome === 'ok')
  await story.up({ web: { spec: spec('web:2', more), replicas: 1 } })
  await story.until(() => until(story), most)
  return story
}
type Story = Awaited<ReturnType<typeof rolled>>
const stopped = async (story: Story) => (await plannedIn(story)).includes('stop 1')

/** Seconds from the drain of the first task to its stop. */
async function drainOf({ world }: Story): Promise<number> {
  const commits = await world.log.read(WEB)
  const at = (type: string) => commits.find(({ events }) => (events as { type: string }[]).some(event => event.type === type))!.at
  return (at('StopsIntended') - at('DrainStarted')) / 1_000
}

describe('E5: how long a task on AWS drains', () => {
  it.each<[string, Partial<ServiceSpec>, number, number]>([
    ['that nobody is led to: not at all', {}, 0, 1],
    ['with a name: until nobody goes by an old answer', { networks }, 10, 12],
    ['behind a load balancer that has forgotten it: until no older call can land', { ports }, 10, 12],
  ])('one %s', async (_, more, least, most) => {
    const seconds = await drainOf(await rolled(more, stopped))
    expect(seconds).toBeGreaterThanOrEqual(least)
    expect(seconds).toBeLessThanOrEqual(most)
  })

  it('one behind a load balancer that still shows it: until it is gone', async () => {
    const draining = async (story: Story) => (await plannedIn(story)).some(line => line.startsWith('drain 1'))
    const story = await rolled({ ports }, draining)
    story.router.busy.push((await story.tasks())[0]!.id)
    await story.rounds(25)
    expect(await stopped(story)).toBe(false)
    story.router.busy.length = 0
    await story.until(() => stopped(story), 3)
    expect(await drainOf(story)).toBeGreaterThanOrEqual(25)
  })

  it('T3: a drain that goes on is looked at each 5 s, and first when it may be over', async () => {
    const draining = async (story: Story) => (await plannedIn(story)).some(line => line.startsWith('drain 1'))
    const story = await rolled({ ports }, draining)
    story.router.busy.push((await story.tasks())[0]!.id)
    await story.rounds(2)
    const began = (await story.service()).tasks[story.router.busy[0]!]!.drain!.at
    expect(serviceDueAt(await story.service(), settingOf(story.world, WEB))).toBe(began + 10_000)
    story.time.now = began + 11_000
    const { sent } = story.world as unknown as { sent: { to: string; delayMs: number }[] }
    sent.length = 0
    await reconcile(story.world, WEB)
    expect(sent.filter(({ to }) => to === 'reconcile').map(({ delayMs }) => delayMs)).toEqual([5_000])
  })
})

describe('whether a fold may ever have led to a task', () => {
  const ran = { state: 'running', servedAt: 1 } as const
  const shown = { state: 'running' } as const
  const pending = { state: 'pending' } as const
  const of = (more: Partial<ServiceSpec>): Pick<Service, 'specs'> => ({ specs: { 1: spec('web', more), 2: spec('web:2') } })
  it.each<[string, Partial<ServiceSpec>, Pick<Task, 'state' | 'servedAt'>, boolean]>([
    ['published, was ready', { ports }, ran, true],
    ['published, shown to the load balancer', { ports }, shown, true],
    ['published, never ran', { ports }, pending, false],
    ['named, was ready', { networks }, ran, true],
    ['named, never ready', { networks }, shown, false],
    ['neither', { ports: [{ target: 3000, protocol: 'tcp', layer: 'http' }] }, ran, false],
  ])('%s', (_, more, task, expected) => {
    expect(mayBeRouted(of(more), task)).toBe(expected)
  })
})

describe('E5: a fold that was read long ago', () => {
  /** The router spends `seconds` before it adds anybody, as often as `times`. */
  const slow = async (times: number, seconds: number) => {
    const story = ecsStory()
    const folds: number[] = []
    const added: string[] = []
    story.router.apply = async (_stream, version, { targets }, left: TimeLeft = () => 0) => {
      folds.push(version)
      if (folds.length <= times) story.time.now += seconds * 1_000
      if (left() <= 0) throw new RoutesOutdated('late')
      added.push(...targets.map(({ id }) => id))
    }
    await story.up({ web: spec('web', { ports }) })
    return { story, folds, added }
  }

  it('adds nobody; the routes are computed again from a newer one', async () => {
    const { story, folds } = await slow(1, 6)
    await route(story.world, WEB)
    expect(folds).toHaveLength(2)
  })

  it('within its time is as good as any', async () => {
    const { story, folds } = await slow(1, 4)
    await route(story.world, WEB)
    expect(folds).toHaveLength(1)
  })

  it('three times in a row leaves it to the next message', async () => {
    const { story, folds, added } = await slow(Number.POSITIVE_INFINITY, 6)
    await expect(route(story.world, WEB)).rejects.toBeInstanceOf(RoutesOutdated)
    expect([folds.length, added]).toEqual([3, []])
  })
})
