import { describe, expect, it } from 'vitest'
import { routingEstimate } from '../../shared/adapters/alb/routing-cost.ts'
import { namesEstimate } from '../../shared/adapters/cloud-map/names-cost.ts'
import { fargateEstimate, monthlyCost } from '../../shared/adapters/ecs/monthly-cost.ts'
import { estimateOf } from '../../shared/application/estimate.ts'
import { emptySpec, type ServiceSpec } from '../../shared/domain/spec.ts'
import type { Planned } from '../../shared/ports/estimate.ts'

const GB = 1_073_741_824
const spec = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ ...emptySpec, ...more })
const port = { published: 80, target: 3_000, protocol: 'tcp', layer: 'http' } as const

describe('what a service costs a month', () => {
  it('is its size on Fargate by hour and task, and its address in a public subnet', () => {
    const quarter = 730 * (0.25 * 0.04048 + 0.5 * 0.004445)
    expect(monthlyCost(spec(), 1, false)?.running).toBeCloseTo(quarter, 6)
    expect(monthlyCost(spec(), 3, true)?.running).toBeCloseTo(3 * (quarter + 3.65), 6)
    const large = spec({ resources: { cpus: 1, memory: 2 * GB } })
    expect(monthlyCost(large, 1, false)?.running).toBeCloseTo(36.04, 2)
    expect(monthlyCost(spec({ resources: { cpus: 64 } }), 1, false)).toBeUndefined()
  })

  it('idle is what is left when nobody asks: nothing of one that sleeps, the fewest of one that scales, all of any other', () => {
    const scale = { min: 2, max: 9, targets: [] }
    const idle = { after: 60_000, most: 10, waitMs: 1_000 }
    const ratio = (more: Partial<ServiceSpec>) => {
      const cost = monthlyCost(spec(more), 4, false)!
      return cost.idle / cost.running
    }
    expect(ratio({})).toBe(1)
    expect(ratio({ scale })).toBe(0.5)
    expect(ratio({ scale: { ...scale, idle } as ServiceSpec['scale'] })).toBe(0)
  })

  it('one load balancer for all that publish, none for those that do not, and none where it is the user’s own', () => {
    const runtime = { estimate: () => [{ resources: ['task definition x'], idle: 1, running: 2 }] }
    const router = (isOurs: boolean) => ({ estimate: (planned: never) => [routingEstimate('ls', isOurs, planned)] })
    const services = {
      a: { spec: spec({ ports: [port] }) },
      b: { spec: spec({ ports: [{ ...port, published: 81 }] }) },
      c: { spec: spec() },
    }
    const of = (isOurs: boolean) => estimateOf({ runtime, router: router(isOurs) } as never, 'shop', { name: 'shop', services })!
    expect(of(true).running).toBeCloseTo(6 + 16.425, 3)
    expect(of(true).idle).toBeCloseTo(3 + 16.425, 3)
    expect(of(true).resources.filter(name => name.startsWith('load balancer'))).toHaveLength(1)
    expect(of(true).resources.filter(name => /^target group ls-[ab]-.*-8[01]-[0-9a-f]{4} behind listener 8[01]$/.test(name))).toHaveLength(
      2,
    )
    expect(of(false).running).toBe(6)
  })

  it('M4: networks are security groups, once for all that share them; peers have names in one zone, and each task under a name costs', () => {
    const runtime = { estimate: (planned: Planned) => [fargateEstimate('ls', false, planned)] }
    const router = { estimate: (planned: Planned) => [routingEstimate('ls', true, planned), namesEstimate('ls', planned)] }
    const on = (...networks: ServiceSpec['networks']) => ({ spec: spec({ networks }), replicas: 2 })
    const back = { name: 'shop_back', aliases: ['pg', 'DB'] }
    const services = { db: on(back), web: on({ name: 'shop_front', aliases: [] }, { ...back, aliases: [] }), job: on() }
    const { resources, running } = estimateOf({ runtime, router } as never, 'shop', { name: 'shop', services })!
    expect(resources.filter(name => !name.startsWith('task definition')).toSorted()).toEqual([
      'DNS zone ls.internal',
      'name db.shop.ls.internal',
      'name pg.shop.ls.internal',
      'name web.shop.ls.internal',
      'security group longshore ls network shop_back',
      'security group longshore ls network shop_front',
    ])
    expect(running - monthlyCost(spec(), 6, false)!.running).toBeCloseTo(0.5 + 6 * 0.1, 6)
  })

  it('nothing is told where nothing costs', () => {
    expect(estimateOf({ runtime: {}, router: {} } as never, 'shop', { name: 'shop', services: { a: { spec: spec() } } })).toBeUndefined()
  })
})
