import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StackStatus } from '../../shared/api/contract.ts'
import { run } from '../cli/run-in-process.ts'
import { appSpec, type Installation, makeInstallation } from './installation.ts'

const tasksOf = ({ services: [web] }: StackStatus) => web!.tasks.filter(task => task.state === 'available' || task.state === 'ready')
const revisions = (status: StackStatus) =>
  tasksOf(status)
    .map(task => task.revision)
    .sort()

describe('holding a deployment, by the words of the command line', () => {
  let home: Installation
  beforeEach(async () => {
    home = await makeInstallation({ runtime: 'process', port: 19_830 })
  })
  afterEach(() => home.dispose())

  const longshore = (...argv: string[]) => run(['--data', home.folder, '-p', 'held', ...argv])
  /** One task in two seconds, so that there is a middle to be paused in. */
  const stack = (version: string) => ({
    name: 'held',
    services: {
      web: { replicas: 3, spec: appSpec({ published: 19_831, environment: { VERSION: version }, update: { monitor: 0, delay: 2_000 } }) },
    },
  })

  it('keeps it where it is, replaces what dies at the old revision, and goes on or back as told', { timeout: 120_000 }, async () => {
    await home.api.up(stack('1'))
    await home.api.settled('held', 1)
    expect((await longshore('pause')).err).toContain('LS-NOTHING-UNDER-WAY')
    await home.api.up(stack('2'))
    await home.api.until('held', status => revisions(status).includes(2))
    expect(await longshore('pause')).toMatchObject({ code: 0, out: expect.stringContaining('Deployment 2 is paused') })
    await new Promise(resolve => setTimeout(resolve, 5_000)) // two more would have been exchanged
    const held = await home.api.status('held')
    expect(revisions(held)).toEqual(expect.arrayContaining([1, 1, 2]))
    expect(revisions(held).filter(revision => revision === 2)).toHaveLength(1)
    expect(held.settled).toBe(false)
    expect((await longshore('explain', 'web')).out).toMatch(/paused by token local at/)
    const victims = tasksOf(held).filter(task => task.revision === 1)
    for (const task of victims) process.kill(Number.parseInt(task.runtimeId!, 10), 'SIGKILL')
    const healed = await home.api.until(
      'held',
      status => status.services[0]!.available >= 3 && !tasksOf(status).some(({ id }) => victims.some(victim => victim.id === id)),
    )
    expect(revisions(healed)).toEqual([1, 1, 2])
    expect((await longshore('resume')).code).toBe(0)
    const done = await home.api.settled('held', 2)
    expect(revisions(done)).toEqual([2, 2, 2])

    await home.api.up(stack('3'))
    await home.api.until('held', status => revisions(status).includes(3))
    expect((await longshore('abort')).code).toBe(0)
    const aborted = await home.api.settled('held', 4)
    expect(revisions(aborted)).toEqual([2, 2, 2])
    expect(aborted.deployment).toMatchObject({ cause: 'rollback', outcome: 'ok', to: 2 })
  })
})
