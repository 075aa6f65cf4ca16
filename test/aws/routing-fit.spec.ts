import { describe, expect, it } from 'vitest'
import { routingNotes, routingRefusals } from '../../shared/adapters/alb/routing-fit.ts'
import { emptySpec, type PublishedPort } from '../../shared/domain/spec.ts'

const withPorts = (...ports: Partial<PublishedPort>[]) => ({
  ...emptySpec,
  ports: ports.map(port => ({ published: 80, target: 3000, protocol: 'tcp' as const, layer: 'http' as const, ...port })),
})

describe('what cannot be routed on AWS is refused before the commit, by the key that says it', () => {
  it.each([
    ['TCP', { published: 5432, layer: 'tcp' as const }, /port 5432: TCP cannot be published/],
    ['UDP', { published: 53, protocol: 'udp' as const, layer: 'tcp' as const }, /port 53: UDP cannot be published/],
    ['an address of a host', { hostIp: '127.0.0.1' }, /port 80: it cannot be bound/],
  ])('%s', (_what, port, why) => {
    expect(routingRefusals(withPorts(port), 1)).toEqual([{ key: 'ports', why: expect.stringMatching(why) }])
  })

  it('more than 1,000 targets, surge and every port counted', () => {
    expect(routingRefusals(withPorts({}), 1_000)).toEqual([])
    expect(routingRefusals(withPorts({}), 1_001)).toEqual([{ key: 'deploy.replicas', why: expect.stringMatching(/1001 targets/) }])
    expect(routingRefusals(withPorts({}, { published: 8080 }), 501)).toHaveLength(1)
    expect(routingRefusals(emptySpec, 10_000)).toEqual([])
  })

  it('more than 1,000 tasks under one name, and an alias that DNS does not take', () => {
    const on = (...aliases: string[]) => ({ ...emptySpec, networks: [{ name: 'shop_default', aliases }] })
    expect(routingRefusals(on('db', 'db.local', 'a_b-c'), 1_000)).toEqual([])
    expect(routingRefusals(on(), 1_001)).toEqual([{ key: 'deploy.replicas', why: expect.stringMatching(/1001 tasks behind one name/) }])
    for (const alias of ['-db', 'db-', 'a..b', '.', 'dé', 'a b', 'x'.repeat(64), ''])
      expect(routingRefusals(on(alias), 1)).toEqual([{ key: 'networks', why: expect.stringContaining('no DNS name') }])
  })

  it('HTTP ports are not refused, and what is not published is told', () => {
    expect(routingRefusals(withPorts({}, { published: undefined, layer: 'tcp' }), 1)).toEqual([])
    expect(routingNotes(withPorts({}, { published: undefined }))).toEqual([
      { key: 'ports', why: expect.stringMatching(/3000 is not published/) },
    ])
    expect(routingNotes({ ...emptySpec, networks: [{ name: 'shop_back', aliases: [], internal: true }] })).toHaveLength(1)
  })
})
