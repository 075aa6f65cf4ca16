import { beforeEach, describe, expect, it } from 'vitest'
import { createEventLog } from '../../shared/adapters/memory/event-log.ts'
import { createSnapshots } from '../../shared/adapters/memory/snapshots.ts'
import { Folds } from '../../shared/application/folds.ts'
import { rebuild } from '../../shared/application/rebuild.ts'
import { sweep } from '../../shared/application/sweep.ts'
import { spec } from '../domain/given.ts'
import { allCommits, makeWorld, settle, up, WEB, type World, web } from './world.ts'

/** docs/operations.md#restore, from its third step on: the log is older than the world, and the epoch is another. */
describe('a log that was restored to an earlier moment', () => {
  let before: World
  const running = ({ runtime }: World) => [...runtime.tasks.values()].filter(task => task.state === 'running').map(task => task.id)
  const deploy = async (world: World, image: string, replicas: number) => {
    await up(world, { web: { spec: spec(image), replicas } })
    await settle(world)
  }

  /** The world as it is, with the commits of that moment and nothing that a process remembers. */
  async function restoredTo(at: number, epoch = 2): Promise<World> {
    const log = createEventLog()
    for (const commit of await allCommits(before)) if (commit.at <= at) await log.put(commit)
    const setting = { ...before.setting, installation: { ...before.setting.installation, epoch } }
    return { ...before, log, snapshots: createSnapshots(), folds: new Folds(), setting }
  }

  beforeEach(() => {
    before = makeWorld()
  })

  /** Deployed, backed up, deployed again: the backup knows nothing of the second. */
  async function lost(replicas: number): Promise<{ readonly world: World; readonly unknown: readonly string[] }> {
    await deploy(before, 'v1', replicas)
    const moment = before.time.now
    before.time.now += 60_000
    await deploy(before, 'v2', replicas)
    before.time.now += 60_000
    return { world: await restoredTo(moment), unknown: running(before) }
  }

  it('stops nothing for an hour, and reports what it does not know; rows are those of the log again after a rebuild', async () => {
    const { world, unknown } = await lost(2)
    expect(unknown).toHaveLength(2)
    const newer = (await world.readModel.row(WEB))!.version
    expect((await rebuild(world)).changed).toBeGreaterThan(0)
    expect((await world.readModel.row(WEB))!.version).toBeLessThan(newer)
    for (let minute = 0; minute < 59; minute++) {
      expect((await sweep(world)).held.toSorted()).toEqual(unknown.toSorted())
      world.time.now += 60_000
    }
    expect(running(world)).toEqual(expect.arrayContaining([...unknown]))
  })

  it('is deployed again: new tasks bear ids that the lost part never gave out, and what it gave out is stopped after the hour', async () => {
    const { world, unknown } = await lost(2)
    await sweep(world)
    await deploy(world, 'v2', 2)
    const made = Object.keys((await web(world)).tasks)
    expect(made.filter(id => unknown.includes(id))).toEqual([])
    expect(running(world)).toEqual(expect.arrayContaining([...unknown, ...made]))
    world.time.now += 3_600_001
    expect(await sweep(world)).toEqual({ held: [] })
    await settle(world)
    world.time.now += 60_000
    await settle(world)
    expect(running(world).toSorted()).toEqual(made.toSorted())
  })

  it('gives the same epoch the ids that exist already: that is what the new one is for', async () => {
    const { unknown } = await lost(2)
    const same = await restoredTo(before.time.now - 120_000 - 1, 1)
    await deploy(same, 'v2', 2)
    expect(Object.keys((await web(same)).tasks).some(id => unknown.includes(id))).toBe(true)
  })

  it('leaves more than five tasks of a service alone after the hour as well, until it is deployed or somebody stops them', async () => {
    const { world, unknown } = await lost(6)
    await sweep(world)
    world.time.now += 3_600_001
    expect((await sweep(world)).held.toSorted()).toEqual(unknown.toSorted())
    expect(running(world)).toEqual(expect.arrayContaining([...unknown]))
    await world.runtime.stop(unknown[0]!, { graceMs: 0 })
    expect(await sweep(world)).toEqual({ held: [] })
  })
})
