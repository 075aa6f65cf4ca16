// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { describe, expect, it } from 'vitest'
import { parseBytes, parseDuration } from '../../shared/compose/amounts.ts'
import { load, loadService, notesOf, refusal, specOf } from './load-text.ts'

const ports = (lines: string) => specOf(loadService(`ports: ${lines}`)).ports

describe('ports', () => {
  it('field case 5: an unquoted pair is never a number to the base 60', () => {
    const both = [
      { published: 2122, target: 22, protocol: 'tcp', layer: 'tcp' },
      { published: 9022, target: 22, protocol: 'tcp', layer: 'tcp' },
    ]
    expect(ports('[2122:22, 9022:22]')).toEqual(both)
    expect(ports('["2122:22", "9022:22"]')).toEqual(both)
    expect(ports('\n  - 2122:22\n  - 9022:22')).toEqual(both)
  })

  it.each(['8080-8081:80', '8080-8081:80-81', '3000-3005', '127.0.0.1:80-81:80'])(
    'field case 27: refuses the range %s with its line',
    text => {
      const error = refusal(() => loadService(`ports:\n  - "${text}"`))
      expect(error).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { file: '/p/compose.yml', line: 5, path: 'services.a.ports.0' } })
      expect(error.message).toContain('ranges of ports are not supported yet')
    },
  )

  it('field case 27: refuses a range in the long syntax as well', () => {
    const run = () => loadService('ports:\n  - target: 80\n    published: "8080-8081"')
    expect(refusal(run)).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 6, path: 'services.a.ports.0.published' } })
  })

  it.each([
    ['"3000"', { target: 3000, protocol: 'tcp', layer: 'tcp' }],
    ['3000', { target: 3000, protocol: 'tcp', layer: 'tcp' }],
    ['"53:53/udp"', { published: 53, target: 53, protocol: 'udp', layer: 'tcp' }],
    ['"127.0.0.1:81:80"', { published: 81, target: 80, protocol: 'tcp', layer: 'tcp', hostIp: '127.0.0.1' }],
    ['"127.0.0.1::80"', { target: 80, protocol: 'tcp', layer: 'tcp', hostIp: '127.0.0.1' }],
    ['"[::1]:81:80"', { published: 81, target: 80, protocol: 'tcp', layer: 'tcp', hostIp: '::1' }],
    ['"0:80"', { target: 80, protocol: 'tcp', layer: 'tcp' }],
    ['{target: 80, published: "81", app_protocol: http}', { published: 81, target: 80, protocol: 'tcp', layer: 'http' }],
    ['{target: 80, published: 8080, app_protocol: postgres}', { published: 8080, target: 80, protocol: 'tcp', layer: 'tcp' }],
    ['{target: 80, host_ip: 0.0.0.0, mode: ingress, name: web}', { target: 80, protocol: 'tcp', layer: 'tcp', hostIp: '0.0.0.0' }],
  ])('%s', (text, wanted) => {
    expect(ports(`[${text}]`)).toEqual([wanted])
  })

  it('M2: takes the well-known published ports for HTTP, and what the file says above all', () => {
    const layers = ports('["80:1", "3000:1", "5000:1", "8000:1", "8080:1", "443:1", "5432:1", "80:1/udp"]').map(port => port.layer)
    expect(layers).toEqual(['http', 'http', 'http', 'http', 'http', 'tcp', 'tcp', 'tcp'])
    const said = ['http', 'http2', 'grpc', 'ws'].map(name => ports(`[{target: 1, published: 9, app_protocol: ${name}}]`)[0]!.layer)
    expect(said).toEqual(['http', 'http', 'http', 'http'])
  })

  it.each([
    '"x"',
    '"80:x"',
    '"0"',
    '"70000"',
    '"80/sctp"',
    '"a:80:80"',
    '"1:2:3:4"',
    '"[::1]:80"',
    '{published: 80}',
    '{target: 80, mode: host}',
    '""',
  ])('refuses %s', text => {
    expect(refusal(() => ports(`[${text}]`))).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 4 } })
  })

  it('counts a repeated line once and refuses one host port for two targets', () => {
    expect(ports('["80:80", "80:80"]')).toHaveLength(1)
    expect(refusal(() => ports('["80:80", "80:81"]')).message).toContain('twice')
  })

  it('reads expose, ranges included', () => {
    expect(specOf(loadService('expose: ["3000", 53/udp, 4000-4001]')).expose).toEqual([
      { target: 3000, protocol: 'tcp' },
      { target: 53, protocol: 'udp' },
      { target: 4000, protocol: 'tcp' },
      { target: 4001, protocol: 'tcp' },
    ])
    expect(refusal(() => loadService('expose: ["1-9999"]')).code).toBe('LS-COMPOSE-VALUE')
  })
})

describe('sizes and durations', () => {
  it.each([
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
    ['10us', 1],
    ['0', 0],
    ['0s', 0],
    ['30', undefined],
    ['1x', undefined],
    ['', undefined],
    ['-1s', undefined],
    ['s', undefined],
  ])('duration %s', (text, wanted) => expect(parseDuration(text)).toBe(wanted))

  it.each([
    ['1024', 1024],
    ['1b', 1],
    ['1k', 1024],
    ['1kb', 1024],
    ['512m', 536_870_912],
    ['64MB', 67_108_864],
    ['1.5g', 1_610_612_736],
    ['1gb', 1_073_741_824],
    ['1 GiB', 1_073_741_824],
    ['x', undefined],
    ['1.', undefined],
    ['-1m', undefined],
    ['1mm', undefined],
  ])('size %s', (text, wanted) => expect(parseBytes(text)).toBe(wanted))

  it('tells that a unit is missing', () => {
    expect(refusal(() => loadService('stop_grace_period: 30')).hint).toContain('30s is seconds')
  })
})

describe('health checks', () => {
  const check = (text: string) => specOf(loadService(`healthcheck: ${text}`)).healthcheck

  it('fills in the engine’s defaults', () => {
    expect(check('{test: "curl x"}')).toEqual({
      test: ['CMD-SHELL', 'curl x'],
      interval: 30_000,
      timeout: 30_000,
      retries: 3,
      startPeriod: 0,
    })
    const all = '{test: [CMD, a], interval: 5s, timeout: 2s, retries: 1, start_period: 1m, start_interval: 500ms}'
    expect(check(all)).toEqual({ test: ['CMD', 'a'], interval: 5_000, timeout: 2_000, retries: 1, startPeriod: 60_000, startInterval: 500 })
  })

  it.each(['{disable: true}', '{test: [NONE]}', '{disable: true, test: x}'])('%s switches it off', text => {
    expect(check(text)?.test).toEqual(['NONE'])
  })

  it('tells that start_interval has no effect without start_period (field case 11)', () => {
    const loaded = loadService('healthcheck:\n  test: x\n  start_interval: 1s')
    expect(loaded.notes).toEqual([
      {
        service: 'a',
        place: { file: '/p/compose.yml', line: 6, column: 7, path: 'services.a.healthcheck.start_interval' },
        text: expect.any(String),
      },
    ])
  })

  it.each([
    '{}',
    '{interval: 5s}',
    '{test: []}',
    '{test: [curl]}',
    '{test: [CMD]}',
    '{test: [NONE, x]}',
    '{test: ""}',
    '{test: [CMD-SHELL, a, b]}',
    '{test: x, retries: -1}',
  ])('refuses %s', text => {
    expect(refusal(() => check(text)).code).toBe('LS-COMPOSE-VALUE')
  })
})

describe('deploy, restart and resources', () => {
  it('reads deploy', () => {
    const text = `deploy:
  mode: replicated
  replicas: 3
  labels: {l: d, k: "1"}
  resources: {limits: {cpus: "0.5", memory: 1g, pids: 10}, reservations: {memory: 512m}}
  update_config: {parallelism: 2, delay: 10s, order: start-first, failure_action: rollback, monitor: 5s, max_failure_ratio: 0.25}
  rollback_config: {parallelism: 0, order: stop-first}
  restart_policy: {condition: on-failure, delay: 1s, max_attempts: 2, window: 1m}
labels: {l: own}
x-longshore: {deploy: {maxSurge: 25%, maxUnavailable: 1}}`
    const { spec, replicas } = loadService(text).stack.services['a']!
    expect(replicas).toBe(3)
    expect(spec).toMatchObject({
      resources: { cpus: 0.5, memory: 1_073_741_824, memoryReservation: 536_870_912, pids: 10 },
      update: { parallelism: 2, delay: 10_000, order: 'start-first', failureAction: 'rollback', monitor: 5_000, maxFailureRatio: 0.25 },
      rollback: { parallelism: 0, order: 'stop-first' },
      restart: { condition: 'on-failure', delay: 1_000, maxAttempts: 2, window: 60_000 },
      labels: { l: 'own', k: '1' },
    })
    expect(spec.update).toMatchObject({ maxSurge: '25%', maxUnavailable: 1 })
  })

  it.each([
    ['', { condition: 'any' }],
    ['restart: "no"', { condition: 'none' }],
    ['restart: no', { condition: 'none' }],
    ['restart: always', { condition: 'any' }],
    ['restart: unless-stopped', { condition: 'any' }],
    ['restart: on-failure', { condition: 'on-failure' }],
    ['restart: on-failure:3', { condition: 'on-failure', maxAttempts: 3 }],
    ['restart: always\ndeploy: {restart_policy: {condition: none}}', { condition: 'none' }],
    ['deploy: {restart_policy: {delay: 1s}}', { condition: 'any', delay: 1_000 }],
  ])('%j', (keys, wanted) => {
    expect(specOf(loadService(keys)).restart).toEqual(wanted)
  })

  it('takes the short keys, which must agree with the long ones', () => {
    expect(specOf(loadService('cpus: 1.5\nmem_limit: 64m\nmem_reservation: 32m\npids_limit: 5')).resources).toEqual({
      cpus: 1.5,
      memory: 67_108_864,
      memoryReservation: 33_554_432,
      pids: 5,
    })
    expect(specOf(loadService('cpus: 0\nmem_limit: 0\npids_limit: -1')).resources).toEqual({})
    expect(loadService('scale: 2\ndeploy: {replicas: 2}').stack.services['a']?.replicas).toBe(2)
    expect(refusal(() => loadService('scale: 2\ndeploy: {replicas: 3}')).message).toContain('differ')
    expect(refusal(() => loadService('cpus: 1\ndeploy: {resources: {limits: {cpus: "2"}}}')).message).toContain('differ')
    expect(refusal(() => loadService('mem_limit: 1m\nmem_reservation: 2m')).code).toBe('LS-COMPOSE-VALUE')
    expect(notesOf(loadService('deploy: {resources: {reservations: {cpus: "1"}}}'))).toHaveLength(1)
  })

  it('leaves the replicas out where the file says nothing', () => {
    expect(loadService('').stack.services['a']).not.toHaveProperty('replicas')
  })
})

describe('dependencies', () => {
  it('reads lists and mappings', () => {
    const rest = 'b: {image: b}\n  c: {image: c}'
    const loaded = load(
      `services:\n  a: {image: i, depends_on: {b: {condition: service_healthy, restart: true}, c: , d: {condition: service_started, required: false}}}\n  ${rest}`,
    )
    expect(specOf(loaded).dependsOn).toEqual({
      b: { condition: 'service_healthy', restart: true, required: true },
      c: { condition: 'service_started', restart: false, required: true },
    })
  })

  it('lets a service that others wait for to complete end, as Compose does unless it says otherwise, and refuses one that never can', () => {
    const text = (more: string) =>
      `services:\n  a: {image: i, depends_on: {b: {condition: service_completed_successfully}}}\n  b:\n    image: i\n    ${more}`
    expect(specOf(load(text('')), 'b').restart).toEqual({ condition: 'none' })
    expect(specOf(load(text('restart: on-failure')), 'b').restart).toEqual({ condition: 'on-failure' })
    for (const policy of ['restart: always', 'deploy: {restart_policy: {condition: any}}']) {
      const error = refusal(() => load(text(policy)))
      expect(error).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 5 } })
      expect(error.message).toContain('"a" waits for this service to complete')
    }
    expect(specOf(load(text('').replace('completed_successfully', 'healthy')), 'b').restart).toEqual({ condition: 'any' })
  })

  it('refuses circles, naming them', () => {
    const text = 'services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, depends_on: [c]}\n  c: {image: i, depends_on: [b]}'
    const error = refusal(() => load(text))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-CYCLE', place: { line: 3 } })
    expect(error.message).toContain('b → c → b')
    expect(refusal(() => loadService('depends_on: [a]')).code).toBe('LS-COMPOSE-CYCLE')
  })

  it('refuses unknown services, and those whose profile is off', () => {
    expect(refusal(() => loadService('depends_on: [b]'))).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 4 } })
    const text = 'services: {a: {image: i, depends_on: [b]}, b: {image: i, profiles: [dev]}}'
    expect(refusal(() => load(text)).message).toContain('profiles dev')
    expect(Object.keys(load(text, { profiles: ['dev'] }).stack.services)).toEqual(['a', 'b'])
  })

  it('switches profiles on by argument, variable or star, and judges the keys of all services', () => {
    const text = 'services: {a: {image: i}, b: {image: i, profiles: [x, y]}}'
    const names = (input: object) => Object.keys(load(text, input).stack.services)
    expect(names({})).toEqual(['a'])
    expect(names({ profiles: ['y'] })).toEqual(['a', 'b'])
    expect(names({ profiles: ['*'] })).toEqual(['a', 'b'])
    expect(names({ env: { COMPOSE_PROFILES: 'z, x' } })).toEqual(['a', 'b'])
    expect(refusal(() => load('services: {a: {image: i}, b: {immage: i, profiles: [x]}}')).code).toBe('LS-COMPOSE-KEY')
  })
})
