import { describe, expect, it } from 'vitest'
import { routesOf } from '../../shared/application/route.ts'
import { emptyService, type Service, type Task } from '../../shared/domain/service.ts'
import { emptySpec } from '../../shared/domain/spec.ts'

const spec = {
  ...emptySpec,
  ports: [{ published: 80, target: 3000, protocol: 'tcp' as const, layer: 'http' as const }],
  networks: [{ name: 'shop_default', aliases: ['www', 'www', 'site'] }],
}
const task = (id: string, more: Partial<Task> = {}): Task =>
  ({ id, revision: 1, state: 'running', readyAt: 1, addresses: { '3000/tcp': { host: id, port: 3000 } }, ...more }) as Task
const service = (tasks: readonly Task[], wish: object = { spec, cause: 'up' }): Service =>
  ({ ...emptyService, wish, specs: { 1: spec }, tasks: Object.fromEntries(tasks.map(one => [one.id, one])) }) as unknown as Service

const WEB = 'service/shop/web'

describe('the routes of a service', () => {
  it('E5: tasks that drain, stop or are ill are no targets', () => {
    const drain = (version: number) => ({ version, at: 1, why: 'surplus' })
    const gone = [task('a', { drain: drain(9) }), task('b', { drain: drain(4), stop: drain(5) }), task('c', { unhealthyAt: 1 })]
    const { targets, coming } = routesOf(WEB, service([...gone, task('d')]))
    expect([targets.map(({ id }) => id), coming]).toEqual([['d'], undefined])
  })

  it('T3: on AWS a task that is not ready is shown to the load balancer, which must find it healthy; at home it is nobody’s', () => {
    const unready = { readyAt: undefined }
    const tasks = (runtime: string) => [
      task('new', { runtime, ...unready }),
      task('fallen', { runtime, ...unready, probes: { order: 1, readiness: false } }),
      task('ready', { runtime }),
      task('pending', { runtime, ...unready, state: 'pending' }),
      task('ill', { runtime, ...unready, unhealthyAt: 1 }),
      task('leaves', { runtime, ...unready, drain: { version: 1, at: 1, why: '' } }),
    ]
    const ids = (runtime: string) => routesOf(WEB, service(tasks(runtime))).coming?.map(({ id }) => id)
    expect([ids('ecs'), ids('docker')]).toEqual([['new', 'fallen'], undefined])
    expect(routesOf(WEB, service(tasks('ecs'))).targets).toMatchObject([{ id: 'ready', check: { path: '/' } }])
  })

  it('T3: not before its container’s own check has passed: a load balancer sends requests to whatever it finds healthy', () => {
    const checked = { ...spec, healthcheck: { test: ['CMD', 'x'], interval: 1, timeout: 1, retries: 1, startPeriod: 0 } }
    const one = (health?: Task['health']) => {
      const s = service([task('a', { runtime: 'ecs', readyAt: undefined, health })])
      return routesOf(WEB, { ...s, specs: { 1: checked } }).coming?.map(({ id }) => id)
    }
    expect([one(), one('starting'), one('healthy')]).toEqual([undefined, undefined, ['a']])
  })

  it('its name and its aliases are told once each while the service is wished for, and no longer', () => {
    expect(routesOf(WEB, service([])).names).toEqual(['web', 'www', 'site'])
    expect(routesOf(WEB, service([], { spec, cause: 'remove' })).names).toBeUndefined()
    expect(routesOf(WEB, service([], { spec, cause: 'up', stopped: true })).names).toBeUndefined()
  })
})

describe('published ports', () => {
  const other = { ...spec, ports: [{ published: 81, target: 3000, protocol: 'tcp' as const, layer: 'http' as const }] }

  it('what only an older revision publishes is kept while a task of it serves, and said so', () => {
    const fronts = (tasks: readonly Task[]) =>
      routesOf(WEB, service(tasks, { spec: other, cause: 'up' })).fronts.map(({ published, kept }) => ({ published, kept }))
    expect(fronts([task('a')])).toEqual([
      { published: 81, kept: undefined },
      { published: 80, kept: true },
    ])
    expect(fronts([])).toEqual([{ published: 81, kept: undefined }])
  })

  it('of a service that is removed every port is kept', () => {
    expect(routesOf(WEB, service([task('a')], { spec, cause: 'remove' })).fronts).toMatchObject([{ published: 80, kept: true }])
  })
})
