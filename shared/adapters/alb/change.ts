import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  type ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  ResourceInUseException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Address } from '../../domain/fact.ts'
import { inTime, type TimeLeft } from '../../ports/time-left.ts'
import type { Balancer, Forward, Share } from './alb-state.ts'
import { NO_ROUTE } from './look-for-balancer.ts'

export type MakeOptions = {
  readonly client: ElasticLoadBalancingV2Client
  readonly vpc: string
  readonly subnets: readonly string[]
  /** Stands on everything that is made. */
  readonly installation: string
  /** How long a target that leaves may finish its requests, in seconds; no longer than the planner waits for a drain. */
  readonly drainSeconds: number
  /** E5: rules and targets are added while there is some. */
  readonly left?: TimeLeft
}

const tags = (installation: string) => [{ Key: 'longshore:installation', Value: installation }]
/** Calls with more targets were never tried. */
const TARGETS_A_CALL = 100

/** Repeating it with the same name and settings answers the first one (ELB). */
export async function makeBalancer(options: MakeOptions, name: string, securityGroups: readonly string[]): Promise<Balancer> {
  const create = new CreateLoadBalancerCommand({
    Name: name,
    Type: 'application',
    Scheme: 'internet-facing',
    Subnets: [...options.subnets],
    SecurityGroups: [...securityGroups],
    Tags: tags(options.installation),
  })
  const { LoadBalancers } = await options.client.send(create)
  return { arn: LoadBalancers![0]!.LoadBalancerArn!, groups: LoadBalancers![0]!.SecurityGroups ?? securityGroups }
}

/** One good answer makes a new target healthy, so the interval is how long it waits. */
export async function makeGroup(options: MakeOptions, { group, port, check }: Share): Promise<string> {
  const create = new CreateTargetGroupCommand({
    Name: group,
    TargetType: 'ip',
    Protocol: 'HTTP',
    Port: port,
    VpcId: options.vpc,
    HealthCheckProtocol: check.scheme === 'https' ? 'HTTPS' : 'HTTP',
    HealthCheckPort: check.port === undefined ? 'traffic-port' : String(check.port),
    HealthCheckPath: check.path,
    Matcher: { HttpCode: check.codes },
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check.healthy,
    UnhealthyThresholdCount: check.unhealthy,
    Tags: tags(options.installation),
  })
  const { TargetGroups } = await options.client.send(create)
  return TargetGroups![0]!.TargetGroupArn!
}

export const setDrain = ({ client, drainSeconds }: MakeOptions, group: string) => {
  const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: String(drainSeconds) }]
  return client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes }))
}

export async function makeListener({ client, installation }: MakeOptions, balancer: string, port: number): Promise<string> {
  const create = new CreateListenerCommand({
    LoadBalancerArn: balancer,
    Protocol: 'HTTP',
    Port: port,
    DefaultActions: [
      { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: NO_ROUTE } },
    ],
    Tags: tags(installation),
  })
  return (await client.send(create)).Listeners![0]!.ListenerArn!
}

/** One group needs no weights: the short form says it, and ELB answers both forms alike. */
const forwardAction = (forwards: readonly Forward[]) => {
  const [only] = forwards
  const TargetGroups = forwards.map(({ group, weight }) => ({ TargetGroupArn: group, Weight: weight }))
  return [{ Type: 'forward' as const, ...(forwards.length === 1 ? { TargetGroupArn: only!.group } : { ForwardConfig: { TargetGroups } }) }]
}

/** @throws PriorityInUseException when another rule took the place meanwhile: ELB itself is the arbiter (ADR 10) */
export function makeRule({ client, installation, left }: MakeOptions, listener: string, priority: number, forwards: readonly Forward[]) {
  const create = new CreateRuleCommand({
    ListenerArn: listener,
    Priority: priority,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
    Actions: forwardAction(forwards),
    Tags: tags(installation),
  })
  return inTime(left, options => client.send(create, options))
}

export function changeRule({ client, left }: MakeOptions, rule: string, forwards: readonly Forward[]) {
  const modify = new ModifyRuleCommand({ RuleArn: rule, Actions: forwardAction(forwards) })
  return inTime(left, options => client.send(modify, options))
}

export async function register({ client, left }: MakeOptions, group: string, targets: readonly Address[]): Promise<void> {
  for (const some of chunks(targets)) {
    const add = new RegisterTargetsCommand({ TargetGroupArn: group, Targets: some })
    await inTime(left, options => client.send(add, options))
  }
}

/** One that is not there is no error (ELB). */
export async function deregister({ client }: MakeOptions, group: string, targets: readonly Address[]): Promise<void> {
  for (const some of chunks(targets)) await client.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: some }))
}

const chunks = (targets: readonly Address[]) =>
  Array.from({ length: Math.ceil(targets.length / TARGETS_A_CALL) }, (_, index) =>
    targets.slice(index * TARGETS_A_CALL, (index + 1) * TARGETS_A_CALL).map(({ host, port }) => ({ Id: host, Port: port })),
  )

/** What another run deleted already is no error, and a group that a rule still names stays until the next look. */
export async function drop(
  { client }: Pick<MakeOptions, 'client'>,
  what: 'rule' | 'listener' | 'group' | 'balancer',
  arn: string,
): Promise<void> {
  const commands = {
    rule: () => client.send(new DeleteRuleCommand({ RuleArn: arn })),
    listener: () => client.send(new DeleteListenerCommand({ ListenerArn: arn })),
    group: () => client.send(new DeleteTargetGroupCommand({ TargetGroupArn: arn })),
    balancer: () => client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn })),
  }
  try {
    await commands[what]()
  } catch (error) {
    if (!(error instanceof ResourceInUseException) && !/NotFound/.test((error as Error).name)) throw error
  }
}
