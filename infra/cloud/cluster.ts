import { ArnFormat, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import * as ecs from 'aws-cdk-lib/aws-ecs'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as logs from 'aws-cdk-lib/aws-logs'
import { acknowledge, acknowledgeWide } from './acknowledged.ts'
import type { Settings } from './settings.ts'

export type Cluster = {
  readonly name: string
  readonly arn: string
  readonly executionRole: iam.Role
  /** Of tasks that programs can be run inside of (`x-longshore.exec`). */
  readonly execRole: iam.Role
  readonly taskLogs: logs.LogGroup
  /** Of the group's streams, spelled out: its own attribute ends in `:*` on AWS and in nothing on emulators. */
  readonly taskLogsArn: string
  /** Begins and ends with a slash. Roles that stacks bring for their tasks stand here, and the execution role too: nothing else can be passed. */
  readonly rolePath: string
}

/** Capacity of one's own (EC2, EXTERNAL) can join the cluster later; FARGATE is what runs without being told otherwise. */
export function addCluster(stack: Stack, settings: Settings): Cluster {
  const cluster = new ecs.CfnCluster(stack, 'Cluster', {
    clusterName: settings.installation,
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    // what people type and see may be secret: the audit is a commit, not a transcript
    configuration: { executeCommandConfiguration: { logging: 'NONE' } },
    clusterSettings: [{ name: 'containerInsights', value: settings.containerInsights ? 'enabled' : 'disabled' }],
  })
  acknowledge(cluster, 'ECS4', 'Container Insights costs money for each metric: longshore:containerInsights turns it on')
  const rolePath = `/longshore/${settings.installation}/`
  const taskLogs = new logs.LogGroup(stack, 'TaskLogs', {
    logGroupName: `/longshore/${settings.installation}/tasks`,
    retention: settings.logDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  const streams = { service: 'logs', resource: 'log-group', resourceName: `${taskLogs.logGroupName}:*`, arnFormat: COLON }
  const taskLogsArn = stack.formatArn(streams)
  const executionRole = addExecutionRole(stack, settings, rolePath, taskLogsArn)
  const execRole = addExecRole(stack, rolePath)
  return { name: settings.installation, arn: cluster.attrArn, executionRole, execRole, taskLogs, taskLogsArn, rolePath }
}

/** What ECS itself needs before a task's own code runs: images, the log, and the secrets of this installation. */
function addExecutionRole(stack: Stack, { installation }: Settings, path: string, taskLogsArn: string): iam.Role {
  const role = new iam.Role(stack, 'ExecutionRole', { path, assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') })
  const allow = (actions: string[], resources: string[], wide: string) => {
    role.addToPolicy(new iam.PolicyStatement({ actions, resources }))
    acknowledgeWide(role, resources, wide)
  }
  const repositories = stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: '*' })
  const secrets = { service: 'secretsmanager', resource: 'secret', resourceName: `longshore/${installation}/stack/*`, arnFormat: COLON }
  allow(['ecr:GetAuthorizationToken'], ['*'], 'AWS knows no resource for it')
  allow(
    ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    [repositories],
    'a file may name any image of the account',
  )
  allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [taskLogsArn], 'a stream for each task')
  allow(['secretsmanager:GetSecretValue'], [stack.formatArn(secrets)], 'secrets are made while Longshore runs, under this prefix')
  return role
}

/** What the agent of ECS Exec calls from inside of a task, and nothing else. */
function addExecRole(stack: Stack, path: string): iam.Role {
  const role = new iam.Role(stack, 'ExecRole', { path, assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') })
  const actions = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(one => `ssmmessages:${one}`)
  role.addToPolicy(new iam.PolicyStatement({ actions, resources: ['*'] }))
  acknowledgeWide(role, ['*'], 'AWS knows no resource for the channels')
  return role
}

const COLON = ArnFormat.COLON_RESOURCE_NAME
