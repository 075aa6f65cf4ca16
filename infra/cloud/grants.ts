import type { ArnFormat } from 'aws-cdk-lib'
import { repositoryPrefix } from '../../shared/domain/repository-name.ts'
import type { FunctionRow, PortName, Trigger } from '../function-table.ts'

/** One allowance of a function's role. Actions are those of the SDK commands that its bundle holds, no more. */
export type Grant = {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
  /** Why `*` stands in a resource: AWS knows nothing narrower, or what is meant is made while Longshore runs. */
  readonly wide?: string
}

/** ARNs of what the template makes, and the patterns under which Longshore makes more at run time. */
export type Places = {
  readonly installation: string
  /** An ARN of this account and Region; `resource` and what follows it are parted by a slash, or a colon where `colon` says so. */
  readonly arn: (parts: {
    service: string
    resource: string
    resourceName?: string
    region?: string
    account?: string
    arnFormat?: ArnFormat
  }) => string
  readonly log: string
  readonly logStream: string
  readonly rows: string
  readonly blobs: string
  readonly bus: string
  readonly token: string
  readonly cluster: string
  readonly clusterName: string
  readonly vpc: string
  readonly taskLogs: string
  /** The queue of what the relay gave up. */
  readonly unrelayed: string
  readonly rolePath: string
  /** By function name. */
  readonly queues: Readonly<Record<string, string>>
}

type GrantsOf = (at: Places) => readonly Grant[]

const secretArn = ({ arn, installation }: Places, name: string) =>
  arn({ service: 'secretsmanager', resource: 'secret', resourceName: `longshore/${installation}/${name}`, arnFormat: COLON })
const COLON = 'arn:aws:service:region:account:resource:resourceName' as ArnFormat.COLON_RESOURCE_NAME

const NONE: GrantsOf = () => []

const ofSecrets: GrantsOf = at => [
  {
    actions: ['CreateSecret', 'DeleteSecret', 'DescribeSecret', 'GetSecretValue', 'PutSecretValue'].map(one => `secretsmanager:${one}`),
    resources: ['stack/*', 'hash-key-*'].map(name => secretArn(at, name)),
    wide: 'secrets are made while Longshore runs, under the prefix of the installation; AWS ends their names with six letters of its own',
  },
  { actions: ['secretsmanager:ListSecrets'], resources: ['*'], wide: 'ListSecrets knows no resource' },
  { actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [at.log] }, // the versions' numbers
]

const groupArns = (at: Places) =>
  ['security-group', 'security-group-rule', 'vpc'].map(resource => at.arn({ service: 'ec2', resource, resourceName: '*' }))

/** Security groups: of networks for the runtime, of the load balancer for the router. */
const ofGroups: GrantsOf = at => [
  { actions: ['ec2:DescribeSecurityGroups'], resources: ['*'], wide: 'what only describes knows no resource' },
  {
    actions: ['AuthorizeSecurityGroupIngress', 'CreateSecurityGroup', 'CreateTags', 'DeleteSecurityGroup'].map(name => `ec2:${name}`),
    resources: groupArns(at),
    wide: 'groups are made while Longshore runs; what it did not make it does not find by its names and tags',
  },
]

/**
 * Names of services, in a zone that comes with the first and goes with the last. Cloud Map changes zone and records in the name of whoever asks
 * it, so that Route 53's actions are granted beside its own (docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html).
 */
const ofNames: GrantsOf = at => {
  const actions = (service: string, names: readonly string[]) => names.map(name => `${service}:${name}`)
  const made = 'names are made while Longshore runs, and Cloud Map chooses the ids of what it makes'
  return [
    {
      actions: [
        ...actions('servicediscovery', ['CreatePrivateDnsNamespace', 'GetOperation', 'ListInstances', 'ListNamespaces', 'ListServices']),
        ...actions('servicediscovery', ['DeregisterInstance', 'RegisterInstance', 'TagResource']),
        ...actions('route53', ['CreateHostedZone', 'ListHostedZonesByName']),
        ...actions('ec2', ['DescribeRegions', 'DescribeVpcs']),
      ],
      resources: ['*'],
      wide: 'listings, and a zone that is not made yet, know no resource',
    },
    {
      actions: actions('servicediscovery', ['CreateService', 'DeleteNamespace', 'DeleteService']),
      resources: ['namespace', 'service'].map(resource => at.arn({ service: 'servicediscovery', resource, resourceName: '*' })),
      wide: made,
    },
    {
      actions: actions('route53', ['ChangeResourceRecordSets', 'DeleteHostedZone', 'GetHostedZone']),
      resources: [at.arn({ service: 'route53', region: '', account: '', resource: 'hostedzone', resourceName: '*' })],
      wide: made,
    },
  ]
}

/** Longshore's tasks, whatever they are called: names are made while it runs. */
const ofRuntime: GrantsOf = at => {
  const inCluster = { ArnEquals: { 'ecs:cluster': at.cluster } }
  const definitions = at.arn({ service: 'ecs', resource: 'task-definition', resourceName: `${at.installation}-*` })
  const tasks = at.arn({ service: 'ecs', resource: 'task', resourceName: `${at.clusterName}/*` })
  const roles = at.arn({ service: 'iam', region: '', resource: `role${at.rolePath.slice(0, -1)}`, resourceName: '*' })
  const made = 'tasks and their definitions are made while Longshore runs; their names begin with the installation'
  return [
    { actions: ['ecs:RunTask'], resources: [definitions], conditions: inCluster, wide: made },
    { actions: ['ecs:DescribeTasks', 'ecs:StopTask'], resources: [tasks], conditions: inCluster, wide: made },
    { actions: ['ecs:ListTasks'], resources: ['*'], conditions: inCluster, wide: 'ListTasks knows the cluster by condition only' },
    {
      actions: [
        'ecs:DeleteTaskDefinitions',
        'ecs:DeregisterTaskDefinition',
        'ecs:DescribeTaskDefinition',
        'ecs:ListTaskDefinitionFamilies',
        'ecs:ListTaskDefinitions',
        'ecs:RegisterTaskDefinition',
      ],
      resources: ['*'],
      wide: 'AWS knows no resource for finding, describing and removing task definitions',
    },
    {
      actions: ['ecs:TagResource'],
      resources: [definitions, tasks],
      conditions: { StringEquals: { 'ecs:CreateAction': ['RegisterTaskDefinition', 'RunTask'] } },
      wide: made,
    },
    {
      actions: ['iam:PassRole'],
      resources: [roles],
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      wide: 'stacks may bring roles for their tasks, under the path of the installation alone',
    },
    { actions: ['logs:GetLogEvents'], resources: [at.taskLogs], wide: 'a stream for each task' },
    { actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [at.log] }, // the launch budget
    ...ofGroups(at),
    ...ofSecrets(at),
  ]
}

/** Load balancer, its security group and peers' names, made with the first and removed with the last. */
const ofRouter: GrantsOf = at => {
  const ofBalancer = (resource: string) => at.arn({ service: 'elasticloadbalancing', resource, resourceName: '*' })
  const made = 'load balancers, groups and rules are made while Longshore runs; what it did not make it does not find by its names and tags'
  const seen = ['LoadBalancers', 'Listeners', 'Rules', 'TargetGroups', 'TargetHealth'].map(name => `elasticloadbalancing:Describe${name}`)
  const changed = [
    'AddTags',
    'CreateListener',
    'CreateLoadBalancer',
    'CreateRule',
    'CreateTargetGroup',
    'DeleteListener',
    'DeleteLoadBalancer',
    'DeleteRule',
    'DeleteTargetGroup',
    'DeregisterTargets',
    'ModifyRule',
    'ModifyTargetGroupAttributes',
    'RegisterTargets',
  ].map(name => `elasticloadbalancing:${name}`)
  return [
    { actions: seen, resources: ['*'], wide: 'what only describes knows no resource' },
    { actions: changed, resources: ['loadbalancer', 'listener', 'listener-rule', 'targetgroup'].map(ofBalancer), wide: made },
    ...ofGroups(at),
    { actions: ['ec2:RevokeSecurityGroupIngress'], resources: groupArns(at), wide: made },
    ...ofNames(at),
  ]
}

/** Requests are counted under the target groups' names. */
const groupsSeen: Grant = {
  actions: ['elasticloadbalancing:DescribeTargetGroups'],
  resources: ['*'],
  wide: 'what only describes knows no resource',
}

/** What a login of ECR may do is what the role that asked for it may: clients push by it (ADR 21). */
export const PUSH = [
  'BatchCheckLayerAvailability',
  'BatchGetImage',
  'CompleteLayerUpload',
  'GetDownloadUrlForLayer',
  'InitiateLayerUpload',
  'PutImage',
  'UploadLayerPart',
].map(one => `ecr:${one}`)

const ofRegistry: GrantsOf = at => [
  {
    actions: ['ecr:CreateRepository', 'ecr:TagResource', ...PUSH],
    resources: [at.arn({ service: 'ecr', resource: 'repository', resourceName: `${repositoryPrefix(at.installation)}*` })],
    wide: 'a repository for each stack, made while Longshore runs, under the prefix of the installation',
  },
  { actions: ['ecr:GetAuthorizationToken'], resources: ['*'], wide: 'GetAuthorizationToken knows no resource' },
]

/** Each port of the function table, and what an adapter of it calls on AWS. */
const OF_PORT: Readonly<Record<PortName, GrantsOf>> = {
  log: at => [{ actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], resources: [at.log] }],
  // states too large for one item stand in several of the same table
  snapshots: at => [{ actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], resources: [at.log] }],
  claims: at => [{ actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'], resources: [at.log] }],
  readModel: at => [
    {
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:Scan',
      ],
      resources: [at.rows, `${at.rows}/index/due`],
    },
  ],
  blobs: at => [
    { actions: ['s3:GetObject', 's3:PutObject'], resources: [`${at.blobs}/blobs/*`], wide: 'contents are named by their hashes' },
  ],
  tokens: at => [{ actions: ['secretsmanager:GetSecretValue'], resources: [at.token] }],
  wakes: at => [{ actions: ['sqs:SendMessage'], resources: ['conduct', 'reconcile', 'check-health'].map(name => at.queues[name]!) }],
  bus: at => [{ actions: ['events:PutEvents'], resources: [at.bus] }],
  secrets: ofSecrets,
  runtime: ofRuntime,
  images: at => [
    {
      actions: ['ecr:DescribeImages'],
      resources: [at.arn({ service: 'ecr', resource: 'repository', resourceName: '*' })],
      wide: 'a file may name any image of the account',
    },
  ],
  registry: ofRegistry,
  router: ofRouter,
  // nobody of ours reaches a task's port on AWS: ECS and the load balancer try, and are asked
  prober: NONE,
  probing: NONE,
  targetHealth: () => [
    {
      actions: ['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth'],
      resources: ['*'],
      wide: 'what only describes knows no resource',
    },
  ],
  clock: NONE,
  ids: NONE,
  folds: NONE,
  setting: NONE,
  info: NONE,
  alarms: at => [
    groupsSeen,
    { actions: ['cloudwatch:DescribeAlarms'], resources: ['*'], wide: 'DescribeAlarms lists by prefix, and a listing knows no resource' },
    {
      actions: ['cloudwatch:DeleteAlarms', 'cloudwatch:PutMetricAlarm'],
      resources: [at.arn({ service: 'cloudwatch', resource: 'alarm', resourceName: `longshore/${at.installation}/*`, arnFormat: COLON })],
      wide: 'alarms are made while Longshore runs, under the prefix of the installation',
    },
  ],
  metrics: () => [groupsSeen, { actions: ['cloudwatch:GetMetricData'], resources: ['*'], wide: 'GetMetricData knows no resource' }],
}

function ofTrigger({ name }: FunctionRow, trigger: Trigger, at: Places): readonly Grant[] {
  if (trigger.kind !== 'http' && trigger.kind !== 'schedule' && trigger.kind !== 'log-stream')
    return [{ actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], resources: [at.queues[name]!] }]
  if (trigger.kind === 'log-stream')
    return [
      {
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [at.logStream],
      },
      { actions: ['sqs:SendMessage'], resources: [at.unrelayed] },
      { actions: ['dynamodb:ListStreams'], resources: ['*'], wide: 'ListStreams knows no resource, and Lambda asks for it' },
    ]
  return []
}

/** All that a function may do on AWS beside writing its own log: what its triggers read for it, and what its ports call. Nothing twice. */
export function grantsOf(row: FunctionRow, at: Places): readonly Grant[] {
  const all = [...row.triggers.flatMap(trigger => ofTrigger(row, trigger, at)), ...row.ports.flatMap(port => OF_PORT[port](at))]
  const merged = new Map<string, Grant>()
  for (const grant of all) {
    const key = JSON.stringify([grant.resources, grant.conditions])
    const actions = new Set([...(merged.get(key)?.actions ?? []), ...grant.actions])
    merged.set(key, { ...grant, actions: [...actions].sort() })
  }
  return [...merged.values()]
}
