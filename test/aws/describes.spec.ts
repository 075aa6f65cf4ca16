import { describe, expect, it } from 'vitest'
import { createAlbRouter } from '../../shared/adapters/alb/alb-router.ts'
import { FakeElb } from './fake-elb.ts'

const groups = {
  forBalancer: async () => ['sg'],
  admit: async () => {},
  open: async () => {},
  close: async () => {},
  retire: async () => {},
}
const SERVICES = 20
const streamOf = (n: number) => `service/shop/web${n}`
const setOf = (n: number) => ({
  fronts: [{ published: 8_000 + n, protocol: 'tcp', layer: 'http', target: 3000 } as const],
  targets: [{ id: `t${n}`, addresses: { '3000/tcp': { host: `10.0.0.${n}`, port: 3000 } } }],
})

/** Twenty routed services, and one that has none, each looked at once by the process that looks again. */
async function settled() {
  const elb = new FakeElb()
  const make = () =>
    createAlbRouter({
      client: elb.client,
      vpc: 'vpc',
      subnets: [],
      installation: 'i',
      drainSeconds: 30,
      groups,
      clock: { now: () => elb.now * 1_000 },
    })
  const router = make()
  const sweep = async () => {
    elb.now += 60
    const before = elb.calls.length
    for (let n = 0; n < SERVICES; n++) await router.apply(streamOf(n), 1, setOf(n))
    await router.apply('service/shop/db', 1, { fronts: [], targets: [] })
    const calls = elb.calls.slice(before)
    return Object.fromEntries([...Map.groupBy(calls, call => call)].map(([call, all]) => [call, all.length]))
  }
  await sweep()
  return { elb, make, sweep }
}

const SWEPT = {
  DescribeTargetGroups: 1,
  DescribeLoadBalancers: 1,
  DescribeListeners: 1,
  DescribeRules: SERVICES,
  DescribeTargetHealth: SERVICES,
}

describe('T3: what a sweep asks of ELB', () => {
  it('is two looks at each service with routes, and one look at what all share', async () => {
    const { sweep } = await settled()
    expect(await sweep()).toEqual(SWEPT)
    expect(await sweep()).toEqual(SWEPT)
  })

  it.each<[string, (elb: FakeElb) => void, readonly string[]]>([
    ['a target that is gone', elb => void [...elb.groups.values()][7]!.targets.splice(0), ['RegisterTargets']],
    [
      'a target that nobody wants',
      elb => void [...elb.groups.values()][7]!.targets.push({ Id: '10.9.9.9', Port: 3000, state: 'healthy', goneAt: 0 }),
      ['DeregisterTargets'],
    ],
    ['a rule that is gone', elb => void elb.rules.delete([...elb.rules.keys()][7]!), ['CreateRule', 'ModifyTargetGroupAttributes']],
    [
      'a rule that leads elsewhere',
      elb => void ([...elb.rules.values()][7]!.forwards = [...elb.rules.values()][3]!.forwards),
      ['CreateRule', 'ModifyTargetGroupAttributes'],
    ],
    [
      'a listener that is gone',
      elb => {
        const [arn] = [...elb.listeners][7]!
        elb.listeners.delete(arn)
        for (const rule of elb.rules.values()) if (rule.listener === arn) elb.rules.delete(rule.arn)
      },
      ['CreateListener', 'CreateRule', 'ModifyTargetGroupAttributes'],
    ],
  ])('finds and mends %s', async (_, break_, changes) => {
    const { elb, sweep } = await settled()
    break_(elb)
    const calls = await sweep()
    expect(
      Object.keys(calls)
        .filter(call => !call.startsWith('Describe'))
        .sort(),
    ).toEqual(changes)
    expect(await sweep()).toEqual(SWEPT)
  })

  it('a newer version looks for itself at what another process made a moment ago', async () => {
    const { elb, make } = await settled()
    const [one, other] = [make(), make()]
    const none = { fronts: [], targets: [] }
    await one.apply('service/shop/new', 1, none)
    await one.apply('service/shop/new', 1, none)
    await other.apply('service/shop/new', 2, setOf(99))
    expect(elb.groups.size).toBe(SERVICES + 1)
    await one.apply('service/shop/new', 3, none)
    elb.now += 31
    await one.apply('service/shop/new', 3, none)
    expect([elb.groups.size, elb.listeners.size]).toEqual([SERVICES, SERVICES])
  })
})
