import { beforeEach, describe, expect, it } from 'vitest'
import { onService } from '../../shared/application/append.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { Folds, foldService } from '../../shared/application/folds.ts'
import { observe } from '../../shared/application/observe.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import type { ServiceEvent } from '../../shared/domain/service.ts'
import { spec } from '../domain/given.ts'
import { elsewhere, makeWorld, SHOP, typesOf, up, WEB, type World } from './world.ts'

const set = (replicas: number): readonly ServiceEvent[] => [{ type: 'ScaleSet', replicas, after: 0 }]
const by = { actor: 'tester' }

/** A world whose process hears of every put, as the embedded host does, and counts what it reads. */
function hearing() {
  const counted = { reads: 0, puts: 0 }
  const folds = new Folds({ hearsPuts: true })
  const base = makeWorld()
  const world: World = {
    ...base,
    folds,
    log: {
      ...base.log,
      put: async commit => {
        counted.puts++
        const answer = await base.log.put(commit)
        if (answer === 'stored') folds.sawHead(commit.stream, commit.version)
        return answer
      },
      read: async (...given) => {
        counted.reads++
        return base.log.read(...given)
      },
    },
  }
  return { world, counted, base }
}

describe('a fold of a process that hears of every put (invariant 12)', () => {
  let { world, counted, base } = hearing()
  beforeEach(async () => {
    ;({ world, counted, base } = hearing())
    await onService(world, WEB, () => set(1), by)
    counted.reads = 0
  })

  it('is not read again while nobody put anything', async () => {
    expect((await foldService(world, WEB)).version).toBe(1)
    expect(counted.reads).toBe(0)
  })

  it('L3: is read again when another one’s put was told of', async () => {
    await onService(elsewhere({ ...world, log: base.log }), WEB, () => set(2), by)
    expect((await foldService(world, WEB)).version, 'nothing was told yet').toBe(1)
    world.folds.sawHead(WEB, 2)
    expect((await foldService(world, WEB)).scale.replicas).toBe(2)
  })

  it('L3: a put that is refused, though nothing was told, leads to a read and a new decision', async () => {
    await onService(elsewhere({ ...world, log: base.log }), WEB, () => set(2), by)
    await onService(world, WEB, service => set(service.scale.replicas + 1), by)
    expect((await foldService(elsewhere(world), WEB)).scale.replicas).toBe(3)
  })

  it('L3: after a put of unknown outcome the log is read, not trusted to memory', async () => {
    const failing = {
      ...world,
      log: {
        ...world.log,
        put: async (commit: Parameters<typeof base.log.put>[0]) => {
          await base.log.put(commit)
          throw new Error('the answer was lost')
        },
      },
    }
    await expect(onService(failing, WEB, () => set(5), by)).rejects.toThrow('lost')
    expect((await foldService(world, WEB)).scale.replicas).toBe(5)
  })
})

it('a fold of any other process is read each time, whatever it is told', async () => {
  const world = makeWorld()
  await onService(world, WEB, () => set(1), by)
  world.folds.sawHead(WEB, 1)
  await onService(elsewhere(world), WEB, () => set(2), by)
  expect((await foldService(world, WEB)).version).toBe(2)
})

it('L4: a plan that waited for its turn is made anew on what came meanwhile, and loses no race', async () => {
  const { world, counted } = hearing()
  await up(world, { web: { replicas: 2, spec: spec() } })
  await conduct(world, SHOP)
  const before = (await world.log.read(WEB)).length
  counted.puts = 0
  const facts = Array.from({ length: 15 }, (_, turn) => onService(world, WEB, () => set(1 + (turn % 2)), by))
  await Promise.all([...facts, reconcile(world, WEB), observe(world, WEB, [])])
  const commits = (await world.log.read(WEB)).length
  expect(await typesOf(world, WEB)).toContain('StartsIntended')
  expect(counted.puts, 'no put was refused').toBe(commits - before)
})
