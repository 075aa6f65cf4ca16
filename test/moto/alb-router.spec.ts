import { CreateSubnetCommand, CreateVpcCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  type Action,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type Rule,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { beforeEach, describe, expect, it } from 'vitest'
import { balancerName } from '../../shared/adapters/alb/alb-names.ts'
import { createAlbRouter } from '../../shared/adapters/alb/alb-router.ts'
import { createTargetHealth } from '../../shared/adapters/alb/target-health.ts'
import { createBalancerGroups } from '../../shared/adapters/ec2/router-groups.ts'
import { findOrMake } from '../../shared/adapters/ec2/security-groups.ts'
import { targetCheck } from '../../shared/domain/checks-on-aws.ts'
import type { Front, Router, Target } from '../../shared/ports/router.ts'
import { type Fault, makeFaulty } from '../aws/faulty-client.ts'
import { fresh, onMoto } from './on-moto.ts'

const STREAM = 'service/shop/web'
const front = (published: number, more: Partial<Front> = {}): Front => ({
  published,
  protocol: 'tcp',
  layer: 'http',
  target: 3000,
  ...more,
})
const task = (id: string, host: string): Target => ({ id, addresses: { '3000/tcp': { host, port: 3000 } } })
const [a, b, c] = [task('a', '10.0.0.11'), task('b', '10.0.0.12'), task('c', '10.0.0.13')]

/** A network of its own in the emulator, and routers that share an installation. */
describe('the router on an Application Load Balancer', () => {
  const elb = new ElasticLoadBalancingV2Client(onMoto())
  const ec2 = new EC2Client(onMoto())
  let installation: string
  let vpc: string
  let subnets: string[]
  let taskGroup: string

  beforeEach(async () => {
    installation = fresh('test')
    vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
    const zones = ['us-east-1a', 'us-east-1b']
    const made = zones.map((zone, i) =>
      ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: `10.0.${i}.0/24`, AvailabilityZone: zone })),
    )
    subnets = (await Promise.all(made)).map(({ Subnet }) => Subnet!.SubnetId!)
    taskGroup = await findOrMake({ client: ec2, vpc, installation }, { name: 'tasks', description: 'tasks' })
  })

  const router = (client = elb, loadBalancer?: string): Router =>
    createAlbRouter({
      client,
      installation,
      vpc,
      subnets,
      clock: { now: () => Date.now() },
      drainSeconds: 30,
      groups: createBalancerGroups({ client: ec2, vpc, installation, taskGroup }),
      loadBalancer,
    })
  const balancers = async () =>
    ((await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? []).filter(
      one => one.LoadBalancerName === balancerName(installation),
    )
  const listeners = async () => {
    const [one] = await balancers()
    return one ? ((await elb.send(new DescribeListenersCommand({ LoadBalancerArn: one.LoadBalancerArn }))).Listeners ?? []) : []
  }
  const rules = async (listener: string) =>
    ((await elb.send(new DescribeRulesCommand({ ListenerArn: listener }))).Rules ?? []).filter(rule => !rule.IsDefault)
  /** Moto answers the form that was given: a single group comes without weights. */
  const forwardsOf = ({ Actions }: Rule) => {
    const [{ ForwardConfig, TargetGroupArn } = {} as Action] = Actions!
    const weighed = ForwardConfig?.TargetGroups ?? [{ TargetGroupArn, Weight: 1 }]
    return weighed.map(one => ({ group: one.TargetGroupArn, weight: one.Weight }))
  }
  const groups = async () => ((await elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? []).filter(group => group.VpcId === vpc)
  const hosts = async (group: string) =>
    ((await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }))).TargetHealthDescriptions ?? [])
      .map(({ Target }) => Target!.Id!)
      .sort()

  it('makes everything with the first route: listener, rule, group and targets, found again by name', async () => {
    await router().apply(STREAM, 1, { fronts: [front(80)], targets: [a, b] })
    const [listener] = await listeners()
    expect(listener).toMatchObject({ Port: 80, Protocol: 'HTTP' })
    const [group] = await groups()
    expect(group).toMatchObject({ TargetType: 'ip', Port: 3000 })
    expect(await hosts(group!.TargetGroupArn!)).toEqual(['10.0.0.11', '10.0.0.12'])
    const [rule] = await rules(listener!.ListenerArn!)
    expect(rule!.Priority).toBe('1')
    expect(forwardsOf(rule!)).toEqual([{ group: group!.TargetGroupArn, weight: 1 }])
    const { Attributes } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: group!.TargetGroupArn }))
    expect(Attributes!.find(one => one.Key === 'deregistration_delay.timeout_seconds')!.Value).toBe('30')
    await router().apply(STREAM, 1, { fronts: [front(80)], targets: [a, b] }) // another process
    expect([await balancers(), await listeners(), await groups(), await rules(listener!.ListenerArn!)].map(one => one.length)).toEqual([
      1, 1, 1, 1,
    ])
  })

  it('T3: a group asks for health as its tasks want to be asked, and tells what it found', async () => {
    const check = {
      port: 9000,
      path: '/ready',
      scheme: 'https' as const,
      codes: '200-399',
      interval: 12,
      timeout: 7,
      healthy: 3,
      unhealthy: 4,
    }
    await router().apply(STREAM, 1, { fronts: [front(80)], targets: [], coming: [{ ...a, check }] })
    const [group] = await groups()
    expect(group).toMatchObject({
      HealthCheckProtocol: 'HTTPS',
      HealthCheckPort: '9000',
      HealthCheckPath: '/ready',
      HealthCheckIntervalSeconds: 12,
      HealthCheckTimeoutSeconds: 7,
      HealthyThresholdCount: 3,
      UnhealthyThresholdCount: 4,
      Matcher: { HttpCode: '200-399' },
    })
    const health = createTargetHealth({ client: elb, installation })
    const judged = (id: string, host: string, how = check) => ({ id, host, published: [80], check: how })
    const tasks = [judged('a', '10.0.0.11'), judged('b', '10.0.0.12'), judged('c', '10.0.0.13', { ...check, path: '/other' })]
    expect(await health.look(STREAM, tasks)).toEqual([{ id: 'a', passed: true }])
  })

  it('T3: revisions that ask otherwise have a group each, weighed by their ready tasks, until the older one is gone', async () => {
    const check = { ...targetCheck({}), path: '/ready' }
    const [old, next] = [a, { ...b, check }]
    const weights = async () => {
      const [listener] = await listeners()
      const [rule, ...more] = await rules(listener!.ListenerArn!)
      const paths = new Map((await groups()).map(group => [group.TargetGroupArn, group.HealthCheckPath]))
      expect(more).toEqual([])
      return Object.fromEntries(forwardsOf(rule!).map(({ group, weight }) => [paths.get(group), weight]))
    }
    const one = router()
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [old, c] })
    await one.apply(STREAM, 2, { fronts: [front(80)], targets: [old, c], coming: [next] })
    expect(await weights()).toEqual({ '/': 2, '/ready': 0 })
    await one.apply(STREAM, 3, { fronts: [front(80)], targets: [old, next] })
    expect(await weights()).toEqual({ '/': 1, '/ready': 1 })
    expect(await one.targets(STREAM, [a, b, c])).toEqual(['a', 'b'])
    await one.apply(STREAM, 4, { fronts: [front(80)], targets: [next] })
    expect(await weights()).toEqual({ '/ready': 1 })
    expect([(await groups()).length, await one.targets(STREAM, [a, b, c])]).toEqual([1, ['b']])
    await one.apply(STREAM, 5, { fronts: [], targets: [] })
    expect([await balancers(), await groups()]).toEqual([[], []])
  })

  it('E4: each set replaces the last one, and the ids of those still there are found by address', async () => {
    const one = router()
    expect(await one.targets(STREAM, [a, b])).toEqual([])
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [a, b] })
    expect(await one.targets(STREAM, [a, b, c])).toEqual(['a', 'b'])
    await one.apply(STREAM, 2, { fronts: [front(80)], targets: [b, c] })
    expect(await one.targets(STREAM, [a, b, c])).toEqual(['b', 'c'])
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [a] }) // a late call wins here: ELB knows no versions
    expect(await one.targets(STREAM, [a, b, c])).toEqual(['a'])
    expect(one.isVersioned).toBe(false)
  })

  it('E5: a front and its targets that leave together: first the targets, then rule, listener, group and the load balancer that costs', async () => {
    const one = router()
    await one.apply(STREAM, 1, { fronts: [front(80), front(8080)], targets: [a] })
    expect(await listeners()).toHaveLength(2)
    await one.apply(STREAM, 2, { fronts: [front(80)], targets: [a] })
    expect((await listeners()).map(({ Port }) => Port)).toEqual([80])
    await one.apply(STREAM, 3, { fronts: [], targets: [] })
    expect([await balancers(), await groups()]).toEqual([[], []])
    await one.apply(STREAM, 4, { fronts: [], targets: [] })
    expect(await one.targets(STREAM, [a])).toEqual([])
  })

  it('a port passes on by the places of rules, and the rule of who left is gone', async () => {
    const asked: string[] = []
    const watched = makeFaulty(new ElasticLoadBalancingV2Client(onMoto()), command => void asked.push(command))
    const one = router(watched.client)
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [a] })
    await one.apply('service/shop/api', 1, { fronts: [front(80)], targets: [b] })
    const [listener] = await listeners()
    expect((await rules(listener!.ListenerArn!)).map(({ Priority }) => Priority)).toEqual(['1', '2'])
    await one.apply(STREAM, 2, { fronts: [], targets: [] })
    expect(asked.filter(command => command === 'CreateRule')).toHaveLength(3)
    const [rule, ...more] = await rules(listener!.ListenerArn!)
    expect([rule!.Priority, more]).toEqual(['2', []])
    await one.apply(STREAM, 3, { fronts: [front(80)], targets: [a] })
    expect((await rules(listener!.ListenerArn!)).map(({ Priority }) => Priority)).toEqual(['2', '3'])
  })

  it('two services have a group each and do not touch the other’s', async () => {
    const one = router()
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [a] })
    await one.apply('service/shop/api', 1, { fronts: [front(8080)], targets: [b] })
    await one.apply(STREAM, 2, { fronts: [], targets: [] })
    expect(await one.targets('service/shop/api', [a, b])).toEqual(['b'])
    expect((await listeners()).map(({ Port }) => Port)).toEqual([8080])
  })

  it('L10: a rule that somebody else put into the first place keeps it, and ours takes the next; duplicates of ours go', async () => {
    const one = router()
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [a] })
    const [listener] = await listeners()
    const [group] = await groups()
    const [ours] = await rules(listener!.ListenerArn!)
    const again = (Priority: number) =>
      elb.send(
        new CreateRuleCommand({
          ListenerArn: listener!.ListenerArn,
          Priority,
          Conditions: [{ Field: 'path-pattern', Values: ['/*'] }],
          Actions: [{ Type: 'forward', TargetGroupArn: group!.TargetGroupArn }],
        }),
      )
    await expect(again(1)).rejects.toMatchObject({ name: 'PriorityInUseException' })
    await again(7)
    await one.apply(STREAM, 1, { fronts: [front(80)], targets: [a] })
    expect((await rules(listener!.ListenerArn!)).map(rule => rule.RuleArn)).toEqual([ours!.RuleArn])
  })

  it('many runs at once end with one of each', async () => {
    const wanted = { fronts: [front(80)], targets: [a, b] }
    await Promise.allSettled(Array.from({ length: 4 }, () => router().apply(STREAM, 1, wanted)))
    await router().apply(STREAM, 1, wanted)
    const all = await listeners()
    expect([await balancers(), all, await groups(), await rules(all[0]!.ListenerArn!)].map(one => one.length)).toEqual([1, 1, 1, 1])
    expect(await router().targets(STREAM, [a, b, c])).toEqual(['a', 'b'])
  })

  it.each(['lost before', 'lost after', 'throttled'] as const)(
    'invariant 4: each call that is %s once leaves what the next run completes',
    async kind => {
      const seen = new Set<string>()
      const fault = (command: string): Fault => (seen.size < seen.add(command).size ? kind : undefined)
      const { client } = makeFaulty(new ElasticLoadBalancingV2Client({ ...onMoto(), maxAttempts: 1 }), fault)
      const faulty = router(client)
      const wanted = { fronts: [front(80)], targets: [a, b] }
      let failures = 0
      const until = async (set: typeof wanted) => {
        for (let run = 0; run < 30; run++) {
          const isDone = await faulty.apply(STREAM, 1, set).then(
            () => true,
            () => false,
          )
          if (isDone) return
          failures++
        }
        throw new Error('did not settle')
      }
      await until(wanted)
      const [group] = await groups()
      const all = await listeners()
      expect([await balancers(), all, await groups(), await rules(all[0]!.ListenerArn!)].map(one => one.length)).toEqual([1, 1, 1, 1])
      expect(await hosts(group!.TargetGroupArn!)).toEqual(['10.0.0.11', '10.0.0.12'])
      const { Attributes } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: group!.TargetGroupArn }))
      expect(Attributes!.find(one => one.Key === 'deregistration_delay.timeout_seconds')!.Value).toBe('30')
      await until({ fronts: [], targets: [] })
      expect([await balancers(), await groups()]).toEqual([[], []])
      expect(failures).toBeGreaterThanOrEqual(12)
    },
  )

  it('opens and closes the load balancer’s ports, and tasks let it in', async () => {
    const one = router()
    await one.apply(STREAM, 1, { fronts: [front(80), front(8080)], targets: [a] })
    await one.apply(STREAM, 2, { fronts: [front(8080)], targets: [a] })
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }))
    const [own] = (await balancers())[0]!.SecurityGroups!
    const opened = SecurityGroups.find(group => group.GroupId === own)!.IpPermissions!
    expect(opened.map(({ FromPort }) => FromPort)).toEqual([8080])
    const admitted = SecurityGroups.find(group => group.GroupId === taskGroup)!.IpPermissions!
    expect(admitted.flatMap(({ UserIdGroupPairs }) => UserIdGroupPairs!.map(pair => pair.GroupId))).toEqual([own])
  })

  it('a load balancer of the user’s own is used and kept, and what it listens on is not taken over', async () => {
    const create = new CreateLoadBalancerCommand({ Name: fresh('own'), Subnets: subnets, SecurityGroups: [taskGroup] })
    const arn = (await elb.send(create)).LoadBalancers![0]!.LoadBalancerArn!
    const answer = {
      Type: 'fixed-response' as const,
      FixedResponseConfig: { StatusCode: '200', MessageBody: 'theirs', ContentType: 'text/plain' },
    }
    await elb.send(new CreateListenerCommand({ LoadBalancerArn: arn, Protocol: 'HTTP', Port: 80, DefaultActions: [answer] }))
    const one = router(elb, arn)
    expect(await one.check('shop', [front(80), front(8080)])).toEqual([
      { published: 80, why: 'the load balancer listens on it for somebody else' },
    ])
    await one.apply(STREAM, 1, { fronts: [front(8080)], targets: [a] })
    await one.apply(STREAM, 2, { fronts: [], targets: [] })
    const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: arn }))
    expect(Listeners!.map(({ Port }) => Port)).toEqual([80])
  })

  it('what a load balancer for HTTP cannot do is told before the commit, and applied as far as it can', async () => {
    const one = router()
    const tcp = front(5432, { layer: 'tcp' })
    const udp = front(53, { protocol: 'udp', layer: 'tcp' })
    const bound = front(81, { hostIp: '127.0.0.1' })
    expect((await one.check('shop', [tcp, udp, bound, front(80)])).map(({ published }) => published)).toEqual([5432, 53, 81])
    expect(await one.check('shop', [front(80)])).toEqual([])
    await expect(one.apply(STREAM, 1, { fronts: [front(80), tcp], targets: [a] })).rejects.toMatchObject({ code: 'LS-RUNTIME-UNSUPPORTED' })
    expect(await one.targets(STREAM, [a])).toEqual(['a'])
  })
})
