import {
  ElasticLoadBalancingV2Client,
  PriorityInUseException,
  ResourceInUseException,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { makeCanned } from './faulty-client.ts'

type State = 'initial' | 'healthy' | 'draining'
type Target = { readonly Id: string; readonly Port: number; state: State; goneAt: number }
type Group = { readonly name: string; readonly targets: Target[] }
type Rule = { readonly arn: string; readonly listener: string; priority: number; forwards: { TargetGroupArn: string; Weight?: number }[] }
type Input = Readonly<Record<string, unknown>>

const said = { $metadata: {}, message: 'said by the fake' }

/**
 * An Application Load Balancer by its documentation: rules by priority, draining targets are shown for the whole deregistration delay and get
 * nothing new, targets are healthy a second after they were registered. Time is `now`, in seconds, moved by tests.
 */
export class FakeElb {
  now = 0
  readonly groups = new Map<string, Group>()
  readonly rules = new Map<string, Rule>()
  readonly listeners = new Map<string, number>()
  #balancer = false
  #made = 0
  readonly calls: string[]
  readonly client: ElasticLoadBalancingV2Client
  readonly #drainSeconds: number

  constructor(drainSeconds = 30) {
    this.#drainSeconds = drainSeconds
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const canned = makeCanned(new ElasticLoadBalancingV2Client({ region: 'us-east-1', credentials }), (command, input) => {
      this.#pass()
      const answer = this.#answers[command]
      if (!answer) throw new Error(`the fake knows no ${command}`)
      return answer(input as Input) ?? {}
    })
    this.client = canned.client
    this.calls = canned.calls
  }

  /** Who answers a request at a listener's port: hosts of the first rule's targets, none: 503. */
  served(port: number): readonly string[] {
    this.#pass()
    const listener = [...this.listeners].find(([, at]) => at === port)?.[0]
    const [rule] = [...this.rules.values()].filter(one => one.listener === listener).sort((a, b) => a.priority - b.priority)
    const groups = (rule?.forwards ?? [])
      .filter(({ Weight = 1 }) => Weight > 0)
      .map(({ TargetGroupArn }) => this.groups.get(TargetGroupArn)!)
    return groups.flatMap(({ targets }) => targets.filter(({ state }) => state === 'healthy').map(({ Id }) => Id))
  }

  #pass(): void {
    for (const { targets } of this.groups.values())
      for (const target of [...targets]) {
        if (target.state === 'draining' && this.now >= target.goneAt) targets.splice(targets.indexOf(target), 1)
        if (target.state === 'initial' && this.now >= target.goneAt) target.state = 'healthy'
      }
  }

  #group(input: Input): Group {
    const group = this.groups.get(String(input['TargetGroupArn']))
    if (!group) throw new TargetGroupNotFoundException(said)
    return group
  }

  #forwardsOf(input: Input): Rule['forwards'] {
    const [action] = input['Actions'] as { TargetGroupArn?: string; ForwardConfig?: { TargetGroups: Rule['forwards'] } }[]
    return action!.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action!.TargetGroupArn! }]
  }

  #refuseTaken(listener: string, priority: number): void {
    const taken = [...this.rules.values()].some(rule => rule.listener === listener && rule.priority === priority)
    if (taken) throw new PriorityInUseException(said)
  }

  readonly #answers: Readonly<Record<string, (input: Input) => object | undefined>> = {
    DescribeLoadBalancers: () => ({ LoadBalancers: this.#balancer ? [{ LoadBalancerArn: 'lb', SecurityGroups: ['sg'] }] : [] }),
    CreateLoadBalancer: () => {
      this.#balancer = true
      return { LoadBalancers: [{ LoadBalancerArn: 'lb', SecurityGroups: ['sg'] }] }
    },
    DeleteLoadBalancer: () => void (this.#balancer = false),
    DescribeListeners: () => ({
      Listeners: [...this.listeners].map(([ListenerArn, Port]) => ({
        ListenerArn,
        Port,
        DefaultActions: [{ FixedResponseConfig: { MessageBody: 'No service is routed here yet (longshore)' } }],
      })),
    }),
    CreateListener: ({ Port }) => {
      const arn = `listener/${++this.#made}`
      this.listeners.set(arn, Number(Port))
      return { Listeners: [{ ListenerArn: arn }] }
    },
    DeleteListener: ({ ListenerArn }) => void this.listeners.delete(String(ListenerArn)),
    DescribeRules: ({ ListenerArn }) => ({
      Rules: [...this.rules.values()]
        .filter(rule => rule.listener === ListenerArn)
        .map(({ arn, priority, forwards }) => ({
          RuleArn: arn,
          Priority: String(priority),
          Actions: [{ ForwardConfig: { TargetGroups: forwards } }],
        })),
    }),
    CreateRule: input => {
      const listener = String(input['ListenerArn'])
      this.#refuseTaken(listener, Number(input['Priority']))
      const arn = `rule/${++this.#made}`
      this.rules.set(arn, { arn, listener, priority: Number(input['Priority']), forwards: this.#forwardsOf(input) })
      return undefined
    },
    ModifyRule: input => void (this.rules.get(String(input['RuleArn']))!.forwards = this.#forwardsOf(input)),
    DeleteRule: ({ RuleArn }) => void this.rules.delete(String(RuleArn)),
    DescribeTargetGroups: () => ({
      TargetGroups: [...this.groups].map(([TargetGroupArn, { name }]) => ({ TargetGroupArn, TargetGroupName: name })),
    }),
    CreateTargetGroup: ({ Name }) => {
      const arn = `group/${++this.#made}`
      this.groups.set(arn, { name: String(Name), targets: [] })
      return { TargetGroups: [{ TargetGroupArn: arn }] }
    },
    DeleteTargetGroup: input => {
      const arn = String(input['TargetGroupArn'])
      const isNamed = [...this.rules.values()].some(({ forwards }) => forwards.some(({ TargetGroupArn }) => TargetGroupArn === arn))
      if (isNamed) throw new ResourceInUseException(said)
      this.groups.delete(arn)
      return undefined
    },
    ModifyTargetGroupAttributes: () => undefined,
    DescribeTargetHealth: input => ({
      TargetHealthDescriptions: this.#group(input).targets.map(({ Id, Port, state }) => ({
        Target: { Id, Port },
        TargetHealth: { State: state },
      })),
    }),
    RegisterTargets: input => {
      const { targets } = this.#group(input)
      for (const { Id, Port } of input['Targets'] as Target[]) {
        const there = targets.findIndex(target => target.Id === Id && target.Port === Port)
        if (there >= 0 && targets[there]!.state !== 'draining') continue
        if (there >= 0) targets.splice(there, 1)
        targets.push({ Id, Port, state: 'initial', goneAt: this.now + 1 })
      }
      return undefined
    },
    DeregisterTargets: input => {
      for (const { Id, Port } of input['Targets'] as Target[])
        for (const target of this.#group(input).targets)
          if (target.Id === Id && target.Port === Port && target.state !== 'draining')
            Object.assign(target, { state: 'draining', goneAt: this.now + this.#drainSeconds })
      return undefined
    },
  }
}
