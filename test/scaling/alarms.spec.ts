import { describe, expect, test } from 'vitest'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import { emptyService, type Service, type Wish } from '../../shared/domain/service.ts'
import { emptySpec } from '../../shared/domain/spec.ts'
import { alarmsOf, mayFollow } from '../../shared/scaling/alarms.ts'
import { NOW, policyOf } from './given.ts'

const scaledTo = (replicas: number, policy: Partial<ScalePolicy> = {}, more: Partial<Wish> = {}): Service => {
  const spec = { ...emptySpec, scale: policyOf({ min: 2, max: 10, ...policy }) }
  const wish = {
    stamp: 1,
    cause: 'up',
    deployment: 1,
    revision: 1,
    restarts: 0,
    stopped: false,
    replicas,
    replicasBy: 1,
    spec,
    ...more,
  } as Wish
  return { ...emptyService, wish, scale: { replicas, after: 0 } }
}

describe('the alarms of a service', () => {
  test('are a pair at the edges of the tolerance', () => {
    const [high, low] = alarmsOf(scaledTo(3, { tolerance: 0.2 }))
    expect([high, low]).toMatchObject([
      { side: 'high', ratio: 1.2 },
      { side: 'low', ratio: 0.8 },
    ])
    expect(high!.targets).toEqual([{ metric: { kind: 'cpu' }, target: 50 }])
  })

  test('what is one number of the whole service is compared with what all tasks together are to have, and follows their count', () => {
    const targets = [{ metric: { kind: 'queue' as const, queue: 'jobs' }, target: 30 }]
    expect([3, 4].map(count => alarmsOf(scaledTo(count, { targets }))[0]!.targets[0]!.target)).toEqual([90, 120])
  })

  test('… and so is a number of its own', () => {
    const targets = [{ metric: { kind: 'custom' as const, name: 'jobs', namespace: 'Shop' }, target: 30 }]
    expect(alarmsOf(scaledTo(3, { targets }))[0]!.targets[0]!.target).toBe(90)
  })

  test('a fixed count that a schedule changes has them', () => {
    const schedules = [{ cron: '* * * * *', timeZone: 'UTC', duration: 60_000, max: 6 }]
    expect(alarmsOf(scaledTo(3, { min: 3, max: 3, schedules }))).toHaveLength(2)
  })

  test.each([
    ['not scaled', { ...scaledTo(3), wish: undefined }],
    ['removed', scaledTo(3, {}, { cause: 'remove' })],
    ['stopped', scaledTo(3, {}, { stopped: true })],
    ['scaled by schedule alone', scaledTo(3, { targets: [] })],
    ['of a fixed count', scaledTo(3, { min: 3, max: 3 })],
    ['asleep', scaledTo(0)],
  ])('there are none for a service that is %s', (_, s) => {
    expect(alarmsOf(s)).toEqual([])
  })
})

describe('an alarm that is on makes its service due', () => {
  test.each([
    [5, ['high'], true],
    [5, ['low'], true],
    [5, [], false],
    [10, ['high'], false],
    [10, ['high', 'low'], true],
    [2, ['low'], false],
    [2, ['high'], true],
    [1, [], true],
    [11, [], true],
  ] as const)('%i tasks of 2 to 10, %j on: %s', (count, sides, isDue) => {
    expect(mayFollow(scaledTo(count), sides, NOW)).toBe(isDue)
  })

  test('a schedule that moves the bounds makes it due without any', () => {
    const schedules = [{ cron: '* * * * *', timeZone: 'UTC', duration: 60_000, min: 6 }]
    expect(mayFollow(scaledTo(3, { schedules }), [], NOW)).toBe(true)
    expect(mayFollow(scaledTo(6, { schedules }), [], NOW)).toBe(false)
  })

  test('not one that is scaled no more', () => {
    expect(mayFollow(scaledTo(5, {}, { stopped: true }), ['high', 'low'], NOW)).toBe(false)
  })
})
