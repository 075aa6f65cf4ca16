import { describe, expect, it } from 'vitest'
import type { ScalePolicy, ScaleSchedule } from '../../shared/domain/scale-policy.ts'
import { scaleProblems } from '../../shared/domain/scale-problems.ts'
import { policyOf } from './given.ts'

type Surroundings = Parameters<typeof scaleProblems>[1]
const HTTP: Surroundings = { resources: {}, ports: [{ protocol: 'tcp' }] }
const problemsOf = (more: Partial<ScalePolicy>, around = HTTP) =>
  scaleProblems(policyOf(more), around).map(({ path, message }) => `${path.join('.')}: ${message}`)

const custom = (more: object) => ({ targets: [{ metric: { kind: 'custom' as const, name: 'jobs', ...more }, target: 1 }] })
const queue = { metric: { kind: 'queue' as const, queue: 'jobs' }, target: 1 }
const cpu = { metric: { kind: 'cpu' as const }, target: 50 }
const idle = { after: 60_000, most: 1, waitMs: 100 }
const at = (hour: number, more: Partial<ScaleSchedule> = { min: 2 }): ScaleSchedule => ({
  cron: `0 ${hour} * * *`,
  timeZone: 'UTC',
  duration: 3_600_000,
  ...more,
})

describe('what is wrong with a policy', () => {
  it.each<[string, Partial<ScalePolicy>, readonly string[]]>([
    ['min and max alike', { min: 3, max: 3 }, []],
    ['min above max', { min: 4, max: 3 }, ['min: min 4 is above max 3']],
    ['a custom metric of a namespace', custom({ namespace: 'Shop' }), []],
    ['a custom metric of a url', custom({ url: 'http://jobs' }), []],
    ['a custom metric of neither', custom({}), ['targets.0: a custom metric is read from a namespace or from a url, one of them']],
    [
      'a custom metric of both',
      custom({ namespace: 'Shop', url: 'http://jobs' }),
      ['targets.0: a custom metric is read from a namespace or from a url, one of them'],
    ],
    ['nothing that scales', { targets: [] }, ['targets: nothing scales it: name a target, a schedule or idle']],
    ['a schedule alone', { targets: [], schedules: [at(8)] }, []],
    ['idle alone', { targets: [], idle }, []],
  ])('%s', (_, policy, expected) => expect(problemsOf(policy)).toEqual(expected))

  it.each<[string, readonly { readonly protocol: string }[], ScalePolicy['targets'], boolean]>([
    ['a TCP port', [{ protocol: 'udp' }, { protocol: 'tcp' }], [cpu], true],
    ['a queue', [], [cpu, queue], true],
    ['a number of its own', [], custom({ url: 'http://jobs' }).targets, true],
    ['a UDP port', [{ protocol: 'udp' }], [cpu], false],
    ['its CPU', [], [cpu], false],
  ])('idle and %s', (_, ports, targets, isGood) => {
    const found = problemsOf({ idle, targets }, { resources: {}, ports })
    expect(found).toEqual(isGood ? [] : ['idle: nothing tells when it is idle: it has no port, no queue and no metric of its own'])
  })

  it.each<[string, readonly ScaleSchedule[], readonly string[]]>([
    ['only a min, above the policy’s max', [at(8, { min: 200 })], []],
    ['only a max, below the policy’s min', [at(8, { max: 0 })], []],
    ['both alike', [at(8, { min: 2, max: 2 })], []],
    ['min above max', [at(8, { min: 3, max: 2 })], ['schedules.0.min: min 3 is above max 2']],
    ['neither', [at(8, {})], ['schedules.0.min: it changes neither min nor max']],
    ['one after the other', [at(8), at(9)], []],
    [
      'the third overlaps the first',
      [at(8), at(12), at(8)],
      ['schedules.2.cron: it overlaps schedule 1, first at 2026-01-01T08:00:00.000Z'],
    ],
    [
      'the second overlaps the first, which has a name',
      [at(8, { min: 2, name: 'day', duration: 3_600_001 }), at(9)],
      ['schedules.1.cron: it overlaps schedule day, first at 2026-01-01T09:00:00.000Z'],
    ],
  ])('schedules: %s', (_, schedules, expected) => expect(problemsOf({ schedules: [...schedules] })).toEqual(expected))
})
