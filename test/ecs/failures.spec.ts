import { describe, expect, it } from 'vitest'
import { readTaskStateChange } from '../../shared/adapters/ecs/task-state-change.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { spec as domainSpec, givenService } from '../domain/given.ts'
import { ecsWorld, request } from './ecs-world.ts'
import { ecsError, noAnswer } from './fake-ecs.ts'
import { PASSING_EXAMPLES } from './stop-examples.ts'
import { taskEvent } from './task-event.ts'

/** Everything that AWS may answer or tell, by name, and what Longshore does with it. */

describe('a failure of RunTask (HTTP 200)', () => {
  it.each([
    ['RESOURCE:CPU', 'capacity'],
    ['RESOURCE:MEMORY', 'capacity'],
    ['RESOURCE:PORTS', 'capacity'],
    ['RESOURCE:ENI', 'capacity'],
    ['RESOURCE:GPU', 'capacity'],
    ['AGENT', 'capacity'],
    ['EMPTY CAPACITY PROVIDER', 'capacity'],
    ['No Container Instances were found in your cluster.', 'capacity'],
    ['Capacity is unavailable at this time. Please try again later or in a different availability zone', 'capacity'],
    ["You've reached the limit on the number of vCPUs you can run concurrently", 'capacity'],
    ["You've reached the limit on the number of tasks you can run concurrently", 'capacity'],
    ['ATTRIBUTE', 'revision'],
    ['LOCATION', 'revision'],
    ['INACTIVE', 'revision'],
    ['MISSING', 'revision'],
    ['MemberOf placement constraint unsatisfied.', 'revision'],
    ['a reason that nobody knows yet', 'revision'],
  ] as const)('%s is a refusal for %s, in AWS’s own words', async (reason, kind) => {
    const { runtime, ecs } = ecsWorld()
    ecs.failure = { reason, detail: 'more words' }
    const asked = request()
    expect(await runtime.start(asked)).toEqual({
      id: asked.id,
      state: 'refused',
      seen: 0,
      refusal: { kind, code: reason, message: `${reason}: more words` },
    })
    expect(ecs.known.size).toBe(0)
  })

  it('without any reason, and without a task, is still a refusal', async () => {
    const { runtime, ecs } = ecsWorld()
    ecs.failure = { reason: '' }
    expect((await runtime.start(request())).state).toBe('refused')
  })
})

describe('an exception of RunTask', () => {
  it.each([
    ['ThrottlingException', 'Rate exceeded', 400, 'throttled'],
    ['TooManyRequestsException', 'slow down', 429, 'throttled'],
    ['ClientException', 'Rate exceeded', 400, 'throttled'],
    ['ClientException', 'Too many concurrent attempts to create a new revision of the specified family.', 400, 'throttled'],
    ['InvalidParameterException', 'Capacity is unavailable at this time.', 400, 'capacity'],
    ['ClientException', 'ECS was unable to assume the role', 400, 'revision'],
    ['ClusterNotFoundException', 'Cluster not found.', 400, 'revision'],
    ['InvalidParameterException', 'No Fargate configuration exists for given values.', 400, 'revision'],
    ['AccessDeniedException', 'not authorized to perform: iam:PassRole', 400, 'revision'],
    ['BlockedException', 'Your account was blocked', 400, 'revision'],
    ['PlatformUnknownException', 'The specified platform version does not exist.', 400, 'revision'],
    ['PlatformTaskDefinitionIncompatibilityException', 'not supported on this platform version', 400, 'revision'],
    ['UnsupportedFeatureException', 'not supported in this Region', 400, 'revision'],
    ['LimitExceededException', 'The limit for the resource was exceeded.', 400, 'revision'],
    ['ConflictException', 'a conflict that names no task', 400, 'revision'],
    ['AnExceptionOfTomorrow', 'nobody knows it yet', 400, 'revision'],
  ] as const)('%s: %s (%i) is a refusal: %s', async (name, message, status, kind) => {
    const { runtime, ecs } = ecsWorld()
    ecs.faults.push({ command: 'RunTask', error: ecsError(name, message, status) })
    expect(await runtime.start(request())).toMatchObject({
      state: 'refused',
      refusal: { kind, code: name, message: `${name}: ${message}` },
    })
  })

  it.each([
    ['ServerException', ecsError('ServerException', 'it was us', 500)],
    ['InternalServerError', ecsError('InternalServerError', 'it was us', 502)],
    ['ServiceUnavailable', ecsError('ServiceUnavailable', 'later', 503)],
    ['TimeoutError', noAnswer()],
    ['ECONNRESET', noAnswer('Error')],
    ['ExpiredTokenException', ecsError('ExpiredTokenException', 'The security token included in the request is expired')],
    ['UnrecognizedClientException', ecsError('UnrecognizedClientException', 'The security token included in the request is invalid.')],
    ['RequestTimeTooSkewed', ecsError('RequestTimeTooSkewed')],
  ])('%s is an unknown outcome: the same request follows', async (_, error) => {
    const { runtime, ecs } = ecsWorld()
    const asked = request()
    ecs.faults.push({ command: 'RunTask', error, after: true })
    await expect(runtime.start(asked)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await runtime.start(asked)).toMatchObject({ state: 'pending' })
    expect(ecs.known.size).toBe(1)
  })
})

/** A service whose only task ended as the event says, while its revision was being deployed. */
function afterEvent(detail: object) {
  const { fact } = readTaskStateChange(taskEvent({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED', version: 5, ...detail }))!
  const story = givenService().wish({ spec: domainSpec() })
  story.starts([fact.id]).seen(fact.id, { seen: 2 })
  return { fact, after: story.happened({ type: 'TaskSeen', ...fact }).state }
}

describe('a stop code', () => {
  it('EssentialContainerExited counts against the revision, with the exit code', () => {
    const { fact, after } = afterEvent({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 3 }],
    })
    expect(fact.exit).toMatchObject({ code: 3, reason: 'exited with code 3' })
    expect(after).toMatchObject({ tasks: {}, deployment: { failures: 1, lastFailure: 'exited with code 3' } })
  })

  it('EssentialContainerExited for lack of memory says so', () => {
    const { fact } = afterEvent({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
    })
    expect(fact.exit).toMatchObject({ code: 137, oomKilled: true, reason: 'killed: out of memory' })
  })

  it.each([
    'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref registry/app:1: not found',
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: AccessDeniedException',
    'CannotStartContainerError: exec: "no-such": executable file not found in $PATH',
    'CannotCreateContainerError: invalid mount',
  ])('TaskFailedToStart counts against the revision, in AWS’s own words: %s', stoppedReason => {
    const { fact, after } = afterEvent({ stopCode: 'TaskFailedToStart', stoppedReason })
    expect(fact.exit).toMatchObject({ reason: `TaskFailedToStart: ${stoppedReason}` })
    expect(after).toMatchObject({ tasks: {}, deployment: { failures: 1 } })
  })

  it.each(PASSING_EXAMPLES)('TaskFailedToStart for a reason that passes backs off and never counts: %s', stoppedReason => {
    expect(afterEvent({ stopCode: 'TaskFailedToStart', stoppedReason }).after).toMatchObject({
      tasks: {},
      streak: 1,
      deployment: { failures: 0 },
    })
  })

  it.each([
    ['InfrastructureHealth', 'Host EC2 (instance) terminated.'],
    ['SpotInterruption', 'Your Spot Task was interrupted.'],
    ['TerminationNotice', 'Your Spot Task was interrupted.'],
    ['UserInitiated', 'Task stopped by user'],
    ['ServiceSchedulerInitiated', 'Scaling activity initiated'],
  ])('%s (%s) is replaced and never counts', (stopCode, stoppedReason) => {
    const { fact, after } = afterEvent({ stopCode, stoppedReason })
    expect(fact.exit).toMatchObject({ outside: true, reason: `${stopCode}: ${stoppedReason}` })
    expect(after).toMatchObject({ tasks: {}, streak: 1, deployment: { failures: 0 } })
  })

  it('UserInitiated by Longshore itself is the end that was asked for', () => {
    const { fact } = afterEvent({ stopCode: 'UserInitiated', stoppedReason: 'Longshore stops it', containers: [{ exitCode: 0 }] })
    expect(fact.exit).toMatchObject({ code: 0, reason: 'stopped' })
    const killed = afterEvent({ stopCode: 'UserInitiated', stoppedReason: 'Longshore stops it', containers: [{ exitCode: 137 }] })
    expect(killed.fact.exit!.reason).toBe('stopped, killed after its grace period')
  })

  it('one that nobody knows yet counts, in its own words', () => {
    const { fact, after } = afterEvent({ stopCode: 'SomethingOfTomorrow', stoppedReason: 'why' })
    expect(fact.exit).toEqual({ reason: 'SomethingOfTomorrow: why' })
    expect(after).toMatchObject({ deployment: { failures: 1 } })
  })

  it.each(['SpotInterruption', 'TerminationNotice'])(
    '%s two minutes ahead: it runs on, is to be replaced first, and is no failure',
    stopCode => {
      const { fact, after } = afterEvent({ stopCode, stoppedReason: 'Your Spot Task was interrupted.', lastStatus: 'RUNNING' })
      expect(fact).toMatchObject({ state: 'running', leaving: { why: `${stopCode}: Your Spot Task was interrupted.` } })
      expect(after.tasks[fact.id]).toMatchObject({ leaving: { by: expect.any(Number) } })
      expect(after.tasks[fact.id]!.unhealthyAt).toBeUndefined()
      expect(after).toMatchObject({ streak: 0, deployment: { failures: 0 } })
    },
  )

  it('E8: on its way down it serves nobody, and still it is not over', () => {
    const { fact, after } = afterEvent({ stopCode: 'SpotInterruption', lastStatus: 'DEPROVISIONING' })
    expect(fact).toMatchObject({ state: 'pending', leaving: { why: 'SpotInterruption' } })
    expect(after.tasks).toHaveProperty(fact.id)
  })

  it('a container that exited is on its way out, and counts once, when it is over', () => {
    const { fact, after } = afterEvent({
      stopCode: 'EssentialContainerExited',
      lastStatus: 'DEPROVISIONING',
      containers: [{ exitCode: 1 }],
    })
    expect(fact).toMatchObject({ state: 'pending' })
    expect(fact).not.toHaveProperty('leaving')
    expect(after).toMatchObject({ deployment: { failures: 0 } })
  })
})
