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
  it('E5: tasks that drain are no targets, and are told longest first until they are drained or stopping', () => {
    const drain = (version: number) => ({ version, at: 1, why: 'surplus' })
    const routes = routesOf(
      WEB,
      service([
        task('a', { drain: drain(9) }),
        task('b', { drain: drain(7) }),
        task('c'),
        task('d', { drain: drain(3), drained: true }),
        task('e', { drain: drain(4), stop: drain(5) }),
      ]),
    )
    expect(routes.targets.map(({ id }) => id)).toEqual(['c'])
    expect(routes.leaving?.map(({ id }) => id)).toEqual(['b', 'a'])
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
