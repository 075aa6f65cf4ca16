import type { Fact } from '../../shared/domain/fact.ts'
import { OutcomeUnknown, type Runtime, type StartRequest } from '../../shared/ports/runtime.ts'
import type { Call } from './process.ts'
import { HOUR, SECOND } from './rules.ts'
import { factOf, isLive, type Real, seenOf, type Tasks } from './tasks.ts'
import type { World } from './world.ts'

const LATENCY = 100

/** Hears of every request to change something. */
export type Asked = { add(start: StartRequest): unknown; stop(id: string): unknown }

/** A call that may meet an outage: then nobody knows, though here nothing happened. */
async function request<T>(world: World, tasks: Tasks, call: Call, effect: () => T): Promise<T> {
  const answer = await call(LATENCY, () => {
    if (world.now >= tasks.outageUntil) return { value: effect() }
    world.count('outage answers')
    return undefined
  })
  if (!answer) throw new OutcomeUnknown('the runtime does not answer')
  return answer.value
}

const refused = ({ id }: StartRequest, kind: 'revision' | 'capacity'): Fact => ({
  id,
  state: 'refused',
  seen: 0,
  refusal: { kind, code: kind, message: kind === 'capacity' ? 'RESOURCE:MEMORY' : 'the image cannot be pulled' },
})

const others = { logs: async () => [], watch: () => ({ close: () => {} }) }

/** ECS: a client token returns the first result for the task's life and an hour; a refusal binds nothing; what is new is listed late. */
export function ecsRuntime(world: World, tasks: Tasks, call: Call, asked: Asked): Runtime {
  const ask = <T>(effect: () => T) => request(world, tasks, call, effect)
  const isKept = (task: Real) => world.now < (task.stoppedAt ?? Number.POSITIVE_INFINITY) + HOUR
  const listsEnded = world.random.next() < 0.5
  return {
    ...others,
    name: 'ecs',
    prepare: async () => undefined,
    async start(start) {
      asked.add(start)
      const fact = await ask(() => {
        const first = world.holds('tokens') ? tasks.all.find(task => task.id === start.id && isKept(task)) : undefined
        if (first) return factOf(first)
        if (start.spec.image?.startsWith('denied')) return refused(start, 'revision')
        if (world.now < tasks.refusingUntil) {
          world.count('refusals')
          return refused(start, 'capacity')
        }
        const task = tasks.create(start)
        tasks.begin(task)
        return factOf(task)
      })
      if (!world.chance(0.04)) return fact
      world.count('lost answers')
      throw new OutcomeUnknown('the answer was lost')
    },
    stop: (id, { graceMs }) => {
      asked.stop(id)
      return ask(() => {
        const task = tasks.find(id)
        if (task) tasks.stop(task, graceMs)
      })
    },
    lookup: id =>
      ask(() => {
        const task = tasks.find(id)
        return task && isKept(task) ? factOf(task) : undefined
      }),
    list: () =>
      ask(() => tasks.all.filter(task => world.now >= task.visibleAt && (isLive(task) || (listsEnded && isKept(task)))).map(seenOf)),
    collect: async () => {},
    removeStack: () => ask(() => {}),
  }
}

/** What one run of the host remembers: who waits for whose call about a task id. It dies with the host (E3). */
export type HostMemory = { readonly turns: Map<string, Promise<unknown>>; readonly pulled: Map<string, number> }
export const hostMemory = (): HostMemory => ({ turns: new Map(), pulled: new Map() })

/**
 * Docker: a name is taken once, and calls about one id are serialised in the one host. A `Real` stands for the engine's own container id, which
 * every call after the create names: so what was created and not started is removed and made anew, and a late start finds nothing.
 */
export function dockerRuntime(world: World, tasks: Tasks, call: Call, memory: HostMemory, asked: Asked): Runtime {
  const ask = <T>(effect: () => T) => request(world, tasks, call, effect)
  const serial = <T>(id: string, run: () => Promise<T>): Promise<T> => {
    if (!world.holds('serialise')) return run()
    const turn = (memory.turns.get(id) ?? Promise.resolve()).then(run, run)
    memory.turns.set(
      id,
      turn.catch(() => {}),
    )
    return turn
  }
  const inspect = (id: string) => ask(() => (world.holds('tokens') ? tasks.find(id) : undefined))
  const removeCreated = (container: Real) =>
    ask(() => {
      if (container.state !== 'created') return false
      tasks.all = tasks.all.filter(task => task !== container)
      return true
    })
  /** Undefined: somebody else was faster, look again. */
  const makeAndStart = async (start: StartRequest, there?: Real): Promise<Fact | undefined> => {
    const container = there ?? (await ask(() => (world.holds('tokens') && tasks.find(start.id) ? undefined : tasks.create(start))))
    if (!container) return undefined
    const started = await ask(() => {
      if (!tasks.all.includes(container)) return false
      tasks.begin(container)
      return true
    })
    return started ? ask(() => factOf(container)) : undefined
  }
  return {
    ...others,
    name: 'docker',
    prepare: ({ image = '' }) =>
      ask(() => {
        if (!memory.pulled.has(image)) memory.pulled.set(image, world.now + (world.chance(0.3) ? world.between(SECOND, 40 * SECOND) : 0))
        if (world.now >= memory.pulled.get(image)!) return undefined
        world.count('pulls')
        return { waitsFor: `pulling ${image}` }
      }),
    start: start =>
      serial(start.id, async () => {
        asked.add(start)
        if (start.spec.image?.startsWith('denied')) return refused(start, 'revision')
        for (let round = 0; round < 4; round++) {
          const found = await inspect(start.id)
          if (found && found.state !== 'created') return factOf(found)
          const isOurs = found && !world.holds('own-created')
          if (found && !isOurs && !(await removeCreated(found))) continue
          const fact = await makeAndStart(start, isOurs ? found : undefined)
          if (fact) return fact
        }
        throw new OutcomeUnknown('made and removed by somebody else')
      }),
    stop: (id, { graceMs }) =>
      serial(id, async () => {
        asked.stop(id)
        const container = await inspect(id)
        if (container?.state === 'created' && (await removeCreated(container))) return
        if (container) await ask(() => tasks.stop(container, graceMs))
      }),
    lookup: id => ask(() => tasks.find(id)).then(task => task && factOf(task)),
    list: () => ask(() => tasks.all.map(seenOf)),
    collect: before =>
      ask(() => {
        tasks.all = tasks.all.filter(task => task.state !== 'stopped' || (task.endedWall ?? 0) >= before)
      }),
    removeStack: () => ask(() => {}),
  }
}
