import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { renderService } from '../../shared/compose/render-service.ts'
import { WantedService } from '../../shared/domain/spec.ts'
import { load, loadService, notesOf, refusal, specOf } from './load-text.ts'

/** A service with a limit of memory and a port; the policy's keys begin at line 8 and are indented by eight. */
const file = (policy: string) =>
  `services:\n  a:\n    image: i\n    ports: ["8080:80"]\n    mem_limit: 64m\n    x-longshore:\n      scale:\n${policy.replace(/^(?=.)/gm, '        ')}\n`
const scaleOf = (policy: string) => specOf(load(file(policy))).scale

const WHOLE = `min: 2
max: 10
tolerance: 0.2
targets:
  - cpu: 60%
  - memory: 70
  - requests: 100
  - queue: {name: jobs, target: 20}
  - custom: {name: Lag, namespace: shop, dimensions: {Topic: orders}, target: 1.5}
up: {stabilization: 0s, policies: [{type: pods, value: 4, period: 15s}, {type: percent, value: 100, period: 1m}], select: max}
down: {stabilization: 10m, select: min}
schedules:
  - {name: day, cron: 0 8 * * mon-fri, timeZone: Europe/Berlin, duration: 10h, min: 4, max: 20}
idle: {after: 5m, most: 50, wait: 20s}`

describe('x-longshore.scale', () => {
  it('is read whole', () => {
    expect(scaleOf(WHOLE)).toEqual({
      min: 2,
      max: 10,
      tolerance: 0.2,
      targets: [
        { metric: { kind: 'cpu' }, target: 60 },
        { metric: { kind: 'memory' }, target: 70 },
        { metric: { kind: 'requests' }, target: 100 },
        { metric: { kind: 'queue', queue: 'jobs' }, target: 20 },
        { metric: { kind: 'custom', name: 'Lag', namespace: 'shop', dimensions: { Topic: 'orders' } }, target: 1.5 },
      ],
      up: {
        stabilization: 0,
        policies: [
          { type: 'pods', value: 4, period: 15_000 },
          { type: 'percent', value: 100, period: 60_000 },
        ],
        select: 'max',
      },
      down: { stabilization: 600_000, select: 'min' },
      schedules: [{ name: 'day', cron: '0 8 * * mon-fri', timeZone: 'Europe/Berlin', duration: 36_000_000, min: 4, max: 20 }],
      idle: { after: 300_000, most: 50, waitMs: 20_000 },
    })
  })
  it('one target and a max are enough', () => {
    expect(scaleOf('max: 5\ntargets: [{requests: 50}]')).toEqual({
      min: 1,
      max: 5,
      targets: [{ metric: { kind: 'requests' }, target: 50 }],
    })
  })
  it('is written as it is read', () => {
    const spec = specOf(load(file(WHOLE)))
    const again = load(stringify({ services: { a: renderService('p', { spec }) }, networks: { default: null } }))
    expect(specOf(again).scale).toEqual(spec.scale)
  })
  it('replicas beside it are only the first value, which is told', () => {
    expect(notesOf(loadService('scale: 3\nx-longshore: {scale: {max: 5, targets: [{cpu: 50}]}}'))).toEqual([
      'without a limit of processor time, cpu is a percentage of one core',
      'with x-longshore.scale the number of replicas is only the first one',
    ])
  })

  const line = (text: string, part: string) => 8 + text.split('\n').findIndex(one => one.includes(part))
  it.each<[what: string, policy: string, where: string, path: string, message: RegExp]>([
    ['min above max', 'max: 2\nmin: 3\ntargets: [{cpu: 50}]', 'min', 'min', /min 3 is above max 2/],
    ['no max', 'min: 3', '', '', /needs a max/],
    ['an unknown metric', 'max: 3\ntargets:\n  - gpu: 50', 'gpu', 'targets.0.gpu', /"gpu" is unknown here/],
    ['two metrics in one target', 'max: 3\ntargets:\n  - {cpu: 50, memory: 50}', 'cpu', 'targets.0', /one of cpu, memory/],
    ['a target of zero', 'max: 3\ntargets:\n  - cpu: 0', 'cpu', 'targets.0.cpu', /above zero/],
    [
      'a bad cron line',
      'max: 3\nschedules:\n  - min: 2\n    cron: 61 * * * *\n    duration: 1h',
      'cron',
      'schedules.0.cron',
      /no cron line/,
    ],
    [
      'a bad zone',
      'max: 3\nschedules:\n  - min: 2\n    timeZone: Mars/X\n    cron: 0 8 * * *\n    duration: 1h',
      'timeZone',
      'schedules.0.timeZone',
      /no time zone/,
    ],
    [
      'a schedule that never comes',
      'max: 3\nschedules:\n  - min: 2\n    cron: 0 0 31 2 *\n    duration: 1h',
      'cron',
      'schedules.0.cron',
      /never comes/,
    ],
    [
      'overlapping schedules',
      'max: 3\nschedules:\n  - {name: day, cron: 0 8 * * *, duration: 10h, min: 2}\n  - {cron: 0 17 * * mon, duration: 2h, min: 3}',
      '0 17',
      'schedules.1.cron',
      /overlaps schedule day, first at 2026-01-05T/,
    ],
    [
      'a schedule whose min is above the max',
      'max: 3\nschedules:\n  - {cron: 0 8 * * *, duration: 1h, min: 9, max: 4}',
      '0 8',
      'schedules.0.min',
      /min 9 is above max 4/,
    ],
    [
      'a schedule that changes nothing',
      'max: 3\nschedules:\n  - {cron: 0 8 * * *, duration: 1h}',
      '0 8',
      'schedules.0',
      /neither min nor max/,
    ],
    [
      'a window of a week',
      'max: 3\ntargets: [{cpu: 5}]\ndown:\n  stabilization: 7d',
      'stabil',
      'down.stabilization',
      /between 0 s and 3600 s/,
    ],
    ['nothing to scale by', 'max: 3', '', '', /nothing scales it/],
    ['a metric from nowhere', 'max: 3\ntargets:\n  - custom: {name: x, target: 1}', 'custom', 'targets.0', /a namespace or from a url/],
    [
      'the metadata service',
      'max: 3\ntargets:\n  - custom: {name: x, target: 1, url: "http://169.254.169.254/a"}',
      'custom',
      'targets.0.custom.url',
      /metadata service/,
    ],
  ])('refuses %s, with its path and line', (_, policy, where, path, message) => {
    const error = refusal(() => load(file(policy)))
    expect(error.message).toMatch(message)
    expect(error.place!.path).toBe(['services.a.x-longshore.scale', ...(path ? [path] : [])].join('.'))
    expect(error.place!.line).toBe(where ? line(policy, where) : 7)
  })
  it('refuses a percentage of a memory that has no limit, and idleness that nothing tells', () => {
    const memory = refusal(() => loadService('x-longshore:\n  scale:\n    max: 3\n    targets:\n      - memory: 50'))
    expect(memory).toMatchObject({ message: 'a percentage of memory needs a memory limit', place: { line: 8 } })
    const idle = refusal(() => loadService('x-longshore:\n  scale:\n    max: 3\n    idle: {after: 1m}\n    targets: [{cpu: 5}]'))
    expect(idle).toMatchObject({ place: { line: 7, path: 'services.a.x-longshore.scale.idle' } })
  })
  it('the API refuses the same, with the path', () => {
    const { spec } = load(file(WHOLE)).stack.services['a']!
    expect(WantedService.safeParse({ spec }).success).toBe(true)
    const wrong = WantedService.safeParse({ spec: { ...spec, scale: { ...spec.scale!, min: 30 } } })
    expect(wrong.error!.issues).toMatchObject([{ path: ['spec', 'scale', 'min'], message: 'min 30 is above max 10' }])
  })
})
