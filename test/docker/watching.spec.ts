import { PassThrough } from 'node:stream'
import type Dockerode from 'dockerode'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KnownTasks } from '../../shared/adapters/docker/known-tasks.ts'
import { LABEL } from '../../shared/adapters/docker/labels.ts'
import { TaskWatch } from '../../shared/adapters/docker/watch-tasks.ts'
import type { Seen } from '../../shared/domain/fact.ts'
import { eventually } from '../contracts/eventually.ts'

const labels = { [LABEL.stream]: 'service/shop/web', [LABEL.intent]: '3' }
const inspected = (health?: string) =>
  ({
    Id: 'c1',
    Name: '/web-1',
    State: { Status: 'running', Running: true, StartedAt: '2026-01-01T00:00:01Z', ...(health && { Health: { Status: health } }) },
    HostConfig: {},
    NetworkSettings: { Ports: {} },
    Config: { Labels: labels },
  }) as never

describe('the watch on an engine that counts its questions', () => {
  let questions: number
  let events: PassThrough
  let told: Seen[]
  let known: KnownTasks
  let watch: TaskWatch
  beforeEach(async () => {
    questions = 0
    events = new PassThrough()
    told = []
    known = new KnownTasks()
    const docker = {
      getEvents: async () => events,
      listContainers: async () => [],
      getContainer: () => ({
        inspect: async () => {
          questions++
          return inspected('healthy')
        },
      }),
    } as unknown as Dockerode
    watch = new TaskWatch({ docker, installation: 'home', known }, seen => told.push(seen))
    await new Promise(resolve => setImmediate(resolve)) // else its first list forgets what is known
  })
  afterEach(() => watch.close())
  const happens = (Action: string) =>
    events.write(`${JSON.stringify({ Action, timeNano: 1, Actor: { ID: 'c1', Attributes: { name: 'web-1', ...labels } } })}\n`)

  it('does not ask again what the start itself has read', async () => {
    happens('start')
    known.read(inspected())
    await eventually('it is told', () => told.length > 0)
    expect(told).toMatchObject([{ id: 'web-1', stream: 'service/shop/web', intent: 3, state: 'running' }])
    expect(questions).toBe(0)
  })

  it('asks about a start of which nobody has read', async () => {
    happens('start')
    await eventually('it is told', () => told.length > 0)
    expect(questions).toBe(1)
  })

  it('asks once when its health comes with its start', async () => {
    known.read(inspected())
    happens('start')
    happens('health_status: healthy')
    await eventually('it is told', () => told.length > 0)
    expect(told).toMatchObject([{ state: 'running', health: 'healthy' }])
    expect(questions).toBe(1)
  })

  it('asks about a change of health, whatever was read before', async () => {
    known.read(inspected())
    happens('health_status: healthy')
    await eventually('it is told', () => told.length > 0)
    expect(told).toMatchObject([{ health: 'healthy' }])
    expect(questions).toBe(1)
  })
})
