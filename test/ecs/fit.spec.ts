import { describe, expect, it } from 'vitest'
import { fargateSize } from '../../shared/adapters/ecs/fargate-size.ts'
import { notes, refusals } from '../../shared/adapters/ecs/fit.ts'
import type { HealthCheck, Mount, Network, ServiceSpec } from '../../shared/domain/spec.ts'
import { ecsWorld, spec } from './ecs-world.ts'

const GB = 2 ** 30
const check = (more: Partial<HealthCheck> = {}): HealthCheck => ({
  test: ['CMD', 'true'],
  interval: 30_000,
  timeout: 5_000,
  retries: 3,
  startPeriod: 0,
  ...more,
})
const mount = (more: Partial<Mount>): Mount => ({ type: 'volume', target: '/data', readOnly: false, ...more })
const network = (name: string, more: Partial<Network> = {}): Network => ({ name, aliases: [], ...more })

describe('what ECS refuses before the commit, by the key of the file', () => {
  it.each<[string, Partial<ServiceSpec>]>([
    ['image', { image: undefined }],
    ['privileged', { privileged: true }],
    ['cap_add', { capAdd: ['NET_ADMIN'] }],
    ['hostname', { hostname: 'db' }],
    ['ports', { ports: [{ target: 80, published: 80, protocol: 'tcp', layer: 'http', hostIp: '10.0.0.1' }] }],
    ['volumes', { volumes: [mount({ type: 'bind', source: '/srv' })] }],
    ['volumes', { volumes: [mount({ source: 'data' })] }],
    ['networks', { networks: [network('lan', { external: true })] }],
    ['networks', { networks: ['a', 'b', 'c', 'd', 'e'].map(name => network(name)) }],
    ['networks', { networks: [network('a', { internal: true }), network('b', { internal: true })] }],
    ['command', { command: ['run', '--password=‹secret:p›'] }],
    ['entrypoint', { entrypoint: ['‹secret:p›'] }],
    ['healthcheck.test', { healthcheck: check({ test: ['CMD-SHELL', 'curl -u x:‹secret:p› localhost'] }) }],
    ['labels', { labels: { a: '‹secret:p›' } }],
    ['healthcheck.interval', { healthcheck: check({ interval: 301_000 }) }],
    ['healthcheck.timeout', { healthcheck: check({ timeout: 61_000 }) }],
    ['healthcheck.retries', { healthcheck: check({ retries: 11 }) }],
    ['healthcheck.start_period', { healthcheck: check({ startPeriod: 301_000 }) }],
    ['stop_grace_period', { stopGracePeriod: 121_000 }],
    ['stop_signal', { stopSignal: 'SIGINT' }],
    ['x-longshore.scale.idle', { scale: { min: 1, max: 3, targets: [], idle: { after: 60_000, most: 10, waitMs: 1_000 } } }],
    ['pids_limit', { resources: { pids: 100 } }],
    ['mem_limit', { resources: { memory: 1_048_576 } }],
    ['deploy.resources', { resources: { cpus: 17 } }],
    ['deploy.resources', { resources: { memory: 121 * GB } }],
  ])('%s: %j', (key, more) => {
    expect(refusals(spec(more), 'fargate')).toEqual([{ key, why: expect.stringMatching(/\w/) }])
  })

  it('tells everything at once, and nothing of a spec that fits', () => {
    expect(refusals(spec({ privileged: true, hostname: 'x' }), 'fargate').map(one => one.key)).toEqual(['privileged', 'hostname'])
    const good: Partial<ServiceSpec> = {
      capAdd: ['SYS_PTRACE'],
      capDrop: ['ALL'],
      stopSignal: 'SIGTERM',
      stopGracePeriod: 120_000,
      init: true,
      tty: true,
      readOnly: true,
      healthcheck: check({ interval: 300_000, timeout: 60_000, retries: 10, startPeriod: 300_000 }),
      volumes: [mount({ type: 'tmpfs' }), mount({}), mount({ source: 'seed', readOnly: true })],
      networks: ['a', 'b', 'c', 'd'].map(name => network(name, { internal: name === 'd' })),
      resources: { cpus: 16, memory: 120 * GB },
    }
    expect(refusals(spec(good), 'fargate')).toEqual([])
    expect(refusals(spec({ healthcheck: check({ test: ['NONE'], retries: 99 }) }), 'fargate')).toEqual([])
  })

  it('what Fargate alone cannot do may run on instances of one’s own', () => {
    expect(
      refusals(spec({ privileged: true, capAdd: ['NET_ADMIN'], resources: { cpus: 32 }, stopGracePeriod: 600_000 }), 'instances'),
    ).toEqual([])
  })

  it('a task definition above 64 KB is refused', async () => {
    const { runtime } = ecsWorld()
    expect(await runtime.prepare(spec({ environment: { BIG: 'x'.repeat(66_000) } }))).toEqual({ refused: expect.stringContaining('65536') })
    expect(await runtime.prepare(spec({ environment: { BIG: 'x'.repeat(60_000) } }))).toBeUndefined()
  })
})

describe('the size on Fargate', () => {
  it.each([
    [{}, 256, 512],
    [{ cpus: 0.25, memory: GB / 2 }, 256, 512],
    [{ cpus: 0.3 }, 512, 1_024],
    [{ memory: 3 * GB }, 512, 3_072],
    [{ cpus: 0.25, memory: 3 * GB }, 512, 3_072],
    [{ cpus: 1, memory: 1 }, 1_024, 2_048],
    [{ cpus: 4, memory: 31 * GB }, 8_192, 32_768],
    [{ cpus: 8, memory: 61 * GB }, 16_384, 65_536],
    [{ cpus: 16, memory: 120 * GB }, 16_384, 122_880],
    [{ memoryReservation: 5 * GB }, 1_024, 5_120],
  ])('of %j is the smallest that holds it: %i units, %i MiB', (resources, cpu, memory) => {
    expect(fargateSize(resources)).toEqual({ cpu, memory })
  })

  it('is told where it is not what was asked for', () => {
    const told = (resources: ServiceSpec['resources']) => notes(spec({ resources }), 'fargate').map(note => note.why)
    expect(told({ cpus: 0.3, memory: GB })).toEqual([
      'runs with 0.5 vCPU and 1 GB, the smallest size on Fargate that holds what it asks for',
    ])
    expect(told({ cpus: 0.5, memory: GB })).toEqual([])
    expect(told({})).toEqual(['runs with 0.25 vCPU and 0.5 GB, the smallest size on Fargate'])
    expect(notes(spec(), 'instances')).toEqual([])
  })

  it('other roundings are told as well', () => {
    const rounded = spec({
      stopGracePeriod: 500,
      healthcheck: check({ interval: 1_000, timeout: 1_000, startInterval: 500 }),
      volumes: [mount({})],
    })
    expect(notes(rounded, 'instances').map(note => note.key)).toEqual([
      'healthcheck.interval',
      'healthcheck.timeout',
      'healthcheck.start_interval',
      'stop_grace_period',
      'volumes',
    ])
  })
})
