import { beforeEach, describe, expect, it } from 'vitest'
import { autoscale as autoscaleFunction } from '../../functions/autoscale.ts'
import { autoscale, streamsToScale, wakeOnDemand } from '../../shared/application/autoscale.ts'
import { explain } from '../../shared/application/explain.ts'
import { rowOf } from '../../shared/application/project.ts'
import { protect } from '../../shared/application/protect.ts'
import { routesOf } from '../../shared/application/route.ts'
import { scale } from '../../shared/application/scale.ts'
import { alarmName } from '../../shared/domain/alarm-name.ts'
import type { MetricQuery, MetricReading } from '../../shared/ports/metrics.ts'
import { spec } from '../domain/given.ts'
import { policyOf } from '../scaling/given.ts'
import { asker, makeWorld, settle, up, WEB, type World, web } from './world.ts'

let reading: (query: MetricQuery) => MetricReading
let asked: MetricQuery[]
let world: World
const IDLE = { after: 60_000, most: 7, waitMs: 900 }
const PORTS = [{ published: 8080, target: 80, protocol: 'tcp', layer: 'http' }] as const

beforeEach(() => {
  asked = []
  reading = ({ tasks }) => ({ samples: tasks.map(({ id }) => ({ task: id, value: 90, at: world.time.now })) })
  world = makeWorld({
    metrics: {
      read: async query => {
        asked.push(query)
        return reading(query)
      },
    },
  })
})
const deploy = async (more = {}) => {
  await up(world, {
    web: { spec: spec('a', { ports: [...PORTS], scale: policyOf({ max: 9, ...more }), resources: { cpus: 2 } }), replicas: 2 },
  })
  await settle(world)
}

describe('autoscale', () => {
  it('reads what the policy names, of the tasks that are ready, with their limits', async () => {
    await deploy()
    await autoscale(world, WEB)
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ stream: WEB, metric: { kind: 'cpu' }, tasks: [{ cpus: 2 }, { cpus: 2 }] })
    expect((await web(world)).scale.replicas).toBe(4)
  })
  it('L11: a second look at the same figures records nothing', async () => {
    await deploy()
    reading = ({ tasks }) => ({ samples: tasks.map(({ id }) => ({ task: id, value: 50, at: world.time.now })) })
    await autoscale(world, WEB)
    const { version } = await web(world)
    await autoscale(world, WEB)
    expect((await web(world)).version).toBe(version)
  })
  it('a source that throws is a source without a reading', async () => {
    await deploy()
    reading = () => {
      throw new Error('boom')
    }
    await autoscale(world, WEB)
    expect((await web(world)).scaling!.last).toMatchObject({ bounded: 2, why: 'held: cpu has no reading: boom' })
  })
  it('T5: readings from before a step of the clock are void', async () => {
    await deploy()
    const before = await web(world)
    reading = ({ tasks }) => {
      void world.log.put({
        stream: WEB,
        version: before.version + 1,
        at: world.time.now,
        actor: 'clock',
        nonce: 'step',
        events: [{ type: 'ClockStepped', lastTick: world.time.now }],
      })
      return { samples: tasks.map(({ id }) => ({ task: id, value: 90, at: world.time.now })) }
    }
    await autoscale(world, WEB)
    expect((await web(world)).scale.replicas).toBe(2)
  })
  it('nothing is read for what is not scaled, and rows tell which is', async () => {
    await up(world, { web: { spec: spec('a'), replicas: 2 } })
    await settle(world)
    await autoscale(world, WEB)
    expect(asked).toEqual([])
    expect((await rowOf(world, WEB)).row).not.toHaveProperty('scaled')
    await deploy()
    const { row } = await rowOf(world, WEB)
    expect(row.scaled).toBe(true)
    await world.readModel.write({ ...row, schema: row.schema + 1 })
    expect(await streamsToScale(world)).toEqual([WEB])
  })
  it('explain says why it is not scaled', async () => {
    await deploy()
    reading = () => ({ samples: [], problem: 'the engine does not answer' })
    await autoscale(world, WEB)
    const { sentence } = await explain(world, 'shop', 'web')
    expect(sentence).toContain('Scaling: 2, since held: cpu has no reading: the engine does not answer.')
    reading = ({ tasks }) => ({ samples: tasks.map(({ id }) => ({ task: id, value: 900, at: world.time.now })) })
    await autoscale(world, WEB)
    const told = await explain(world, 'shop', 'web')
    expect(told.sentence).toContain('Scaling: 6 and not 36, since cpu asks for more: 36; no more at once than its scale-up rate allows.')
    expect(told.evidence.map(line => line.text)).toContainEqual(expect.stringContaining('(cpu at 1800 % of its target 50)'))
  })
})

describe('a service that sleeps', () => {
  const sleeping = async () => {
    await deploy({ idle: IDLE })
    reading = ({ metric, tasks }) => ({
      samples: metric.kind === 'requests' ? tasks.map(({ id }) => ({ task: id, value: 0, at: world.time.now })) : [],
    })
    await autoscale(world, WEB)
    world.time.now += 60_000
    await autoscale(world, WEB)
    await settle(world)
  }
  it('has no task, and its router holds so many requests for so long', async () => {
    await sleeping()
    const s = await web(world)
    expect(s.scale.replicas).toBe(0)
    expect(Object.keys(s.tasks)).toEqual([])
    expect(routesOf(WEB, s)).toMatchObject({ targets: [], asleep: { most: 7, waitMs: 900 }, fronts: [{ published: 8080 }] })
  })
  it('50 demands at once record one waking', async () => {
    await sleeping()
    const { version } = await web(world)
    await Promise.all(Array.from({ length: 50 }, () => wakeOnDemand(world, WEB)))
    expect((await web(world)).version).toBe(version + 1)
    expect((await web(world)).scale.replicas).toBe(1)
    expect(routesOf(WEB, await web(world)).asleep).toBeDefined()
    await settle(world)
    expect(routesOf(WEB, await web(world))).not.toHaveProperty('asleep')
  })
  it('the queue brings demands, alarms and pointers; what is none of them fails alone', async () => {
    await sleeping()
    const body = (value: unknown, index: number) => ({ messageId: `m${index}`, body: JSON.stringify(value) })
    const alarm = { detail: { alarmName: alarmName('i', WEB, 'high'), state: { value: 'ALARM' } } }
    const messages = [
      { demand: { stream: WEB } },
      { demand: { stream: WEB } },
      alarm,
      { detail: { stream: WEB } },
      { detail: { alarmName: 'somebody else’s' } },
    ]
    const answer = await autoscaleFunction(world)({ Records: messages.map(body) } as never, {} as never)
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm4' }] })
    expect((await web(world)).scale.replicas).toBe(1)
  })
})

describe('commands on a scaled service', () => {
  it('scale within the bounds is taken, outside it is refused and says so', async () => {
    await deploy()
    expect((await scale(world, 'shop', 'web', 5, asker())).refusal).toBeUndefined()
    expect((await scale(world, 'shop', 'web', 50, asker())).refusal).toMatchObject({ code: 'LS-SCALED' })
    expect((await web(world)).scale.replicas).toBe(5)
  })
  it('protect keeps a task, by its number', async () => {
    await deploy()
    const task = Object.values((await web(world)).tasks)[1]!
    await protect(world, 'shop', 'web', { tasks: [task.number], seconds: 600 }, asker())
    expect((await web(world)).tasks[task.id]!.protectedUntil).toBe(world.time.now + 600_000)
    await expect(protect(world, 'shop', 'nobody', { tasks: [1], seconds: 1 }, asker())).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
  })
})
