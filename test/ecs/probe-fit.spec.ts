import { describe, expect, it } from 'vitest'
import { notes, refusals } from '../../shared/adapters/ecs/fit.ts'
import { containerCheck, targetCheck } from '../../shared/domain/checks-on-aws.ts'
import { PROBE_DEFAULTS, type Probe, type Probes } from '../../shared/domain/probe.ts'
import type { HealthCheck, ServiceSpec } from '../../shared/domain/spec.ts'
import { ecsWorld, request, spec } from './ecs-world.ts'

const probe = (more: Partial<Probe>): Probe => ({ ...PROBE_DEFAULTS, timeout: 2_000, ...more })
const http = (path = '/ok', more: object = {}) => ({ http: { port: 3000, path, scheme: 'http' as const, ...more } })
const exec = { exec: ['test', '-e', '/tmp/alive'] }
const healthcheck: HealthCheck = { test: ['CMD', 'true'], interval: 30_000, timeout: 5_000, retries: 3, startPeriod: 0 }
const ports: ServiceSpec['ports'] = [{ target: 3000, published: 80, protocol: 'tcp', layer: 'http' }]
const routed = (probes: Probes, more: Partial<ServiceSpec> = {}) => spec({ ports, probes, ...more })
const unrouted = (probes: Probes, more: Partial<ServiceSpec> = {}) => spec({ probes, ...more })

describe('probes that nothing on AWS could try are refused before the commit, by the key of the file', () => {
  it.each<[string, RegExp, ServiceSpec]>([
    ['readiness by exec', /say liveness, or healthcheck/, routed({ readiness: probe(exec) })],
    ['readiness by tcp', /say http/, routed({ readiness: probe({ tcp: { port: 3000 } }) })],
    ['readiness by grpc', /behind HTTPS only/, routed({ readiness: probe({ grpc: { port: 3000 } }) })],
    ['readiness by http where nothing is published', /say healthcheck/, unrouted({ readiness: probe(http()) })],
    ['readiness with a host', /no host and no headers/, routed({ readiness: probe(http('/', { host: 'shop' })) })],
    ['readiness with headers', /no host and no headers/, routed({ readiness: probe(http('/', { headers: { a: 'b' } })) })],
    ['readiness with a period above 300 s', /period is at most 300 s/, routed({ readiness: probe({ ...http(), period: 301_000 }) })],
    ['readiness with a timeout above 120 s', /timeout is at most 120 s/, routed({ readiness: probe({ ...http(), timeout: 121_000 }) })],
    ['readiness with 11 failures', /threshold is at most 10 on/, routed({ readiness: probe({ ...http(), failureThreshold: 11 }) })],
    ['readiness with 11 successes', /threshold is at most 10 on/, routed({ readiness: probe({ ...http(), successThreshold: 11 }) })],
    ['liveness by tcp', /say exec/, routed({ liveness: probe({ tcp: { port: 3000 } }) })],
    ['liveness by grpc', /say exec/, unrouted({ liveness: probe({ grpc: { port: 3000 } }) })],
    ['liveness by exec beside a healthcheck', /healthcheck is it/, unrouted({ liveness: probe(exec) }, { healthcheck })],
    ['liveness with a secret', /plain sight/, unrouted({ liveness: probe({ exec: ['check', '‹secret:p›'] }) })],
    ['liveness by http where nothing is published', /say exec/, unrouted({ liveness: probe(http()) })],
    ['liveness by http beside readiness', /one check/, routed({ readiness: probe(http()), liveness: probe(http('/live')) })],
    ['liveness with a host', /no host/, routed({ liveness: probe(http('/', { host: 'shop' })) })],
    ['liveness by exec with a timeout above 60 s', /timeout is at most 60 s/, unrouted({ liveness: probe({ ...exec, timeout: 61_000 }) })],
    [
      'liveness by exec that begins after 300 s',
      /initialDelay is at most/,
      unrouted({ liveness: probe({ ...exec, initialDelay: 301_000 }) }),
    ],
    ['startup alone', /must ask what liveness asks/, unrouted({ startup: probe(exec) })],
    ['startup that asks otherwise', /must ask what liveness asks/, routed({ startup: probe(http('/up')), liveness: probe(exec) })],
    [
      'startup of more than 300 s',
      /time is at most 300 s/,
      unrouted({ startup: probe({ ...exec, failureThreshold: 31 }), liveness: probe(exec) }),
    ],
  ])('%s', (what, why, refused) => {
    const told = refusals(refused, 'fargate')
    expect(told).toEqual([{ key: `x-longshore.probes.${what.split(' ')[0]}`, why: expect.stringMatching(why) }])
  })

  it('the planner’s question gets the first of them, with its key', async () => {
    const { runtime } = ecsWorld()
    expect(await runtime.prepare(unrouted({ startup: probe(exec) }))).toMatchObject({ key: 'x-longshore.probes.startup' })
  })
})

describe('probes on AWS', () => {
  it.each<[string, ServiceSpec, HealthCheck | undefined, object]>([
    ['nothing', spec(), undefined, { path: '/', codes: '200-499', interval: 5, timeout: 4, healthy: 2, unhealthy: 2 }],
    ['a healthcheck is the container’s', spec({ healthcheck }), healthcheck, { path: '/' }],
    ['test: NONE is none', spec({ healthcheck: { ...healthcheck, test: ['NONE'] } }), undefined, {}],
    [
      'liveness by exec is the container’s check',
      unrouted({ liveness: probe({ ...exec, period: 20_000, initialDelay: 7_000 }) }),
      { test: ['CMD', ...exec.exec], interval: 20_000, timeout: 2_000, retries: 3, startPeriod: 7_000 },
      { path: '/' },
    ],
    [
      'startup is its start period',
      unrouted({ startup: probe({ ...exec, period: 1_000, failureThreshold: 60, initialDelay: 5_000 }), liveness: probe(exec) }),
      { test: ['CMD', ...exec.exec], interval: 10_000, timeout: 2_000, retries: 3, startPeriod: 65_000 },
      {},
    ],
    [
      'readiness by http is the target group’s check',
      routed({ readiness: probe({ ...http('/ready'), period: 7_500, timeout: 3_000, failureThreshold: 4, successThreshold: 3 }) }),
      undefined,
      { port: 3000, path: '/ready', scheme: 'http', codes: '200-399', interval: 8, timeout: 3, healthy: 3, unhealthy: 4 },
    ],
    ['liveness by http is, where readiness is not', routed({ liveness: probe(http('/live')) }), undefined, { path: '/live', interval: 10 }],
    [
      'readiness by http and liveness by exec are one each',
      routed({ readiness: probe(http('/ready', { scheme: 'https' })), liveness: probe(exec) }),
      { test: ['CMD', ...exec.exec], interval: 10_000, timeout: 2_000, retries: 3, startPeriod: 0 },
      { path: '/ready', scheme: 'https' },
    ],
    [
      'a timeout stays below the interval',
      routed({ readiness: probe({ ...http(), period: 5_000, timeout: 9_000 }) }),
      undefined,
      { interval: 5, timeout: 4 },
    ],
    ['one failure is two', routed({ readiness: probe({ ...http(), failureThreshold: 1 }) }), undefined, { unhealthy: 2, healthy: 2 }],
  ])('%s', (_, asked, container, target) => {
    expect(refusals(asked, 'fargate')).toEqual([])
    expect(containerCheck(asked)).toEqual(container)
    expect(targetCheck(asked)).toMatchObject(target)
  })

  it('reach the task definition within ECS’ ranges', async () => {
    const { runtime, ecs } = ecsWorld()
    await runtime.start(request(unrouted({ liveness: probe({ ...exec, period: 1_000, timeout: 500 }) })))
    expect(ecs.definitions[0]!.definition.containerDefinitions![0]!.healthCheck).toEqual({
      command: ['CMD', 'test', '-e', '/tmp/alive'],
      interval: 5,
      timeout: 2,
      retries: 3,
      startPeriod: 0,
    })
  })

  it.each<[string, ServiceSpec, readonly string[]]>([
    ['what is exact', routed({ readiness: probe({ ...http(), successThreshold: 2 }) }), []],
    [
      'of a target group',
      routed({ readiness: probe({ ...http(), period: 1_000, timeout: 1_000, failureThreshold: 1, initialDelay: 9_000 }) }),
      [
        'its readiness probe is tried each 5 s',
        'its readiness probe has a timeout of 2 s',
        'its readiness probe takes 2 failures in a row',
        'its readiness probe takes 2 successes in a row after a failure',
        'its readiness probe is tried at once: what is not ready yet gets no requests',
      ],
    ],
    [
      'of the container',
      unrouted({ liveness: probe({ ...exec, period: 1_500, timeout: 1_000 }) }),
      ['its liveness probe is tried each 5 s', 'its liveness probe has a timeout of 2 s'],
    ],
    [
      'of startup',
      unrouted({ startup: probe({ ...exec, period: 500, failureThreshold: 60 }), liveness: probe(exec) }),
      ['its startup probe is the first 30 s, in which failures of liveness do not count'],
    ],
  ])('tell in the plan what is rounded: %s', (_, asked, told) => {
    expect(notes(asked, 'instances').map(({ why }) => why)).toEqual(told)
  })
})
