import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fact } from '../../shared/domain/fact.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { ecsWorld, request, SPOT } from './ecs-world.ts'
import { ecsError, type Fault, noAnswer } from './fake-ecs.ts'

const COMMANDS = [
  'RunTask',
  'StopTask',
  'DescribeTasks',
  'ListTasks',
  'DescribeTaskDefinition',
  'RegisterTaskDefinition',
  'ListTaskDefinitions',
]
const ERRORS = [
  ecsError('ThrottlingException', 'Rate exceeded'),
  ecsError('ServerException', 'us', 500),
  noAnswer(),
  noAnswer('ECONNRESET'),
]

const faults = fc.array(
  fc.record({ command: fc.constantFrom(...COMMANDS), error: fc.constantFrom(...ERRORS), after: fc.boolean() }).map(
    ({ after, ...fault }): Fault => ({
      ...fault,
      ...(after && fault.error.name !== 'ThrottlingException' ? { after: true as const } : {}),
    }),
  ),
  { maxLength: 12 },
)
/** One step of a history: a call of one of two processes, or time, or trouble. */
const steps = fc.array(
  fc.record({
    do: fc.constantFrom('start', 'start', 'start', 'stop', 'lookup', 'list', 'short', 'room', 'time', 'live', 'end'),
    by: fc.boolean(),
    task: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 40 },
)

describe('any history of calls, throttles, timeouts before and after the effect, 5xx and lag', () => {
  it('E3, E6: starts a task once at most, says nothing of it that is not so, and fails in no other way than by an unknown outcome', async () => {
    await fc.assert(
      fc.asyncProperty(faults, steps, fc.integer({ min: 0, max: 5_000 }), async (list, history, lag) => {
        const { ecs, runtime, another } = ecsWorld({ capacity: SPOT })
        const processes = [runtime, another()]
        ecs.lag = lag
        ecs.faults.push(...list)
        const asked = [request(), request(), request()]
        const told: Fact[] = []
        for (const step of history) {
          const one = asked[step.task]!
          const by = processes[step.by ? 1 : 0]!
          const known = ecs.known.get(one.id)?.task
          const tell = (fact: Fact | undefined) => {
            if (fact) told.push(fact)
          }
          const run = {
            start: async () => tell(await by.start(one)),
            stop: () => by.stop(one.id, { graceMs: 1_000, runtimeId: known?.taskArn }),
            lookup: async () => tell(await by.lookup(one.id, step.by ? known?.taskArn : undefined)),
            list: async () => {
              for (const fact of await by.list()) tell(fact)
            },
            short: async () => void ecs.short.add('FARGATE_SPOT'),
            room: async () => ecs.short.clear(),
            time: async () => void (ecs.now += 20_000),
            live: async () => void (known?.lastStatus === 'PROVISIONING' && ecs.live(one.id)),
            end: async () => void (known && known.lastStatus !== 'STOPPED' && ecs.end(one.id, { stopCode: 'EssentialContainerExited' }, 1)),
          }[step.do]
          await run().catch(error => {
            if (!(error instanceof OutcomeUnknown)) throw error
          })
        }
        const made = [...ecs.known.values()].map(({ task }) => task.startedBy)
        expect(new Set(made).size).toBe(made.length)
        for (const fact of told.filter(one => one.state !== 'refused')) {
          const { task } = ecs.known.get(fact.id)!
          expect(fact.runtimeId).toBe(task.taskArn)
          expect(fact.seen).toBeLessThanOrEqual(task.version!)
          if (fact.state === 'stopped') expect(task.lastStatus).toBe('STOPPED')
        }
        for (const fact of told.filter(one => one.state === 'refused')) expect(fact.refusal!.kind).not.toBe('revision')
      }),
      { numRuns: 300 },
    )
  })
})
