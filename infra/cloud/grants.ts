import type { ArnFormat } from 'aws-cdk-lib'
import { repositoryPrefix } from '../../shared/domain/repository-name.ts'
import type { FunctionRow, PortName, Trigger } from '../function-table.ts'
import type { Grant, GrantsOf, Places } from './grant.ts'
import { ofGroups, ofRouter } from './network-grants.ts'

const secretArn = ({ arn, installation }: Places, name: string) =>
  arn({ service: 'secretsmanager', resource: 'secret', resourceName: `longshore/${installation}/${name}`, arnFormat: COLON })
const COLON = 'arn:aws:service:region:account:resource:resourceName' as ArnFormat.COLON_RESOURCE_NAME

const NONE: GrantsOf = () => []

const ofSecrets: GrantsOf = at => [
  {
    actions: ['CreateSecret', 'DeleteSecret', 'DescribeSecret', 'GetSecretValue', 'PutSecretValue'].map(one => `secretsmanager:${one}`),
    resources: ['stack/*', 'hash-key*'].map(name => secretArn(at, name)),
    wide: 'secrets are made while Longshore runs, under the prefix of the installation; AWS ends their names with six letters of its own, but judges one that is not there by the name alone',
  },
  { actions: ['secretsmanager:ListSecrets'], resources: ['*'], wide: 'ListSecrets knows no resource' },
  { actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [at.log] }, // the versions' numbers
]

/** Longshore's tasks, whatever they are called: names are made while it runs. */
const ofRuntime: GrantsOf = (at, only) => [
  ...(!only || only.includes('list') ? ofLooking(at) : []),
  ...(only?.includes('logs') ? [{ actions: ['logs:GetLogEvents'], resources: [at.taskLogs], wide: 'a stream for each task' }] : []),
  ...(only ? [] : ofDriving(at)),
]

const inCluster = (at: Places) => ({ ArnEquals: { 'ecs:cluster': at.cluster } })
const tasksOf = (at: Places) => at.arn({ service: 'ecs', resource: 'task', resourceName: `${at.clusterName}/*` })
const TASKS = 'tasks and their definitions are made while Longshore runs; their names begin with the installation'

const ofLooking: GrantsOf = at => [
  { actions: ['ecs:DescribeTasks'], resources: [tasksOf(at)], conditions: inCluster(at), wide: TASKS },
  { actions: ['ecs:ListTasks'], resources: ['*'], conditions: inCluster(at), wide: 'ListTasks knows the cluster by condition only' },
]

const ofDriving: GrantsOf = at => {
  const definitions = at.arn({ service: 'ecs', resource: 'task-definition', resourceName: `${at.installation}-*` })
  const roles = at.arn({ service: 'iam', region: '', resource: `role${at.rolePath.slice(0, -1)}`, resourceName: '*' })
  return [
    { actions: ['ecs:RunTask'], resources: [definitions], conditions: inCluster(at), wide: TASKS },
    { actions: ['ecs:StopTask'], resources: [tasksOf(at)], conditions: inCluster(at), wide: TASKS },
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
      resources: [definitions, tasksOf(at)],
      conditions: { StringEquals: { 'ecs:CreateAction': ['RegisterTaskDefinition', 'RunTask'] } },
      wide: TASKS,
    },
    {
      actions: ['iam:PassRole'],
      resources: [roles],
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      wide: 'stacks may bring roles for their tasks, under the path of the installation alone',
    },
    { actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], resources: [at.log] }, // the launch budget; contents of configs
    ...ofGroups(at),
    ...ofSecrets(at),
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
  blobs: at => [{ actions: ['dynamodb:PutItem', 'dynamodb:Query'], resources: [at.log] }],
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
  execSessions: at => [
    {
      actions: ['ecs:ExecuteCommand'],
      resources: [at.cluster, tasksOf(at)],
      wide: 'tasks are made while Longshore runs; ECS lets nobody into one whose file did not ask for it',
    },
    { actions: ['ecs:DescribeTasks'], resources: [tasksOf(at)], conditions: inCluster(at), wide: TASKS },
  ],
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

const onlyOf = ({ only }: FunctionRow, port: PortName) => (port === 'runtime' || port === 'router' ? only?.[port] : undefined)

/** All that a function may do on AWS beside writing its own log: what its triggers read for it, and what its ports call. Nothing twice. */
export function grantsOf(row: FunctionRow, at: Places): readonly Grant[] {
  const all = [
    ...row.triggers.flatMap(trigger => ofTrigger(row, trigger, at)),
    ...row.ports.flatMap(port => OF_PORT[port](at, onlyOf(row, port))),
  ]
  const merged = new Map<string, Grant>()
  for (const grant of all) {
    const key = JSON.stringify([grant.resources, grant.conditions])
    const actions = new Set([...(merged.get(key)?.actions ?? []), ...grant.actions])
    merged.set(key, { ...grant, actions: [...actions].sort() })
  }
  return [...merged.values()]
}
