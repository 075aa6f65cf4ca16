import { ArnFormat, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { FunctionRow } from '../function-table.ts'
import { acknowledgeWide } from './acknowledged.ts'
import type { Grant, Places } from './grant.ts'
import { grantsOf } from './grants.ts'
import type { Settings } from './settings.ts'
import { titleOf } from './title.ts'

export type FunctionsOptions = {
  readonly table: readonly FunctionRow[]
  readonly settings: Settings
  readonly places: Places
  readonly environment: Readonly<Record<string, string>>
  /** Folder with the `index.js` of that function. */
  readonly bundle: (name: string) => string
}

/** One Lambda for each row, with a role that states what the row does and nothing else. None reserves concurrency: a new account has none to give. */
export function addFunctions(stack: Stack, options: FunctionsOptions): ReadonlyMap<string, lambda.Function> {
  return new Map(options.table.map(row => [row.name, addFunction(stack, row, options)]))
}

function addFunction(stack: Stack, row: FunctionRow, { settings, places, environment, bundle }: FunctionsOptions): lambda.Function {
  const title = titleOf(row.name)
  const logGroup = new logs.LogGroup(stack, `${title}Logs`, {
    logGroupName: `/longshore/${settings.installation}/functions/${row.name}`,
    retention: settings.logDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  const role = new iam.Role(stack, `${title}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: `${row.name}: ${row.does}`,
  })
  const policy = new iam.Policy(stack, `${title}Policy`, { roles: [role] })
  const grants = [writesLog(stack, logGroup), ...grantsOf(row, places)]
  policy.addStatements(...grants.map(statementOf))
  for (const { resources, wide } of grants) if (wide) acknowledgeWide(policy, resources, wide)
  const made = new lambda.Function(stack, title, {
    description: row.does,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(bundle(row.name)),
    handler: 'index.handler',
    timeout: Duration.seconds(row.timeout),
    memorySize: row.memoryMb,
    environment: { ...environment },
    role,
    logGroup,
  })
  made.node.addDependency(policy) // a function that runs before it may, fails
  return made
}

/** Spelled out, since the group's own ARN attribute ends in `:*` on AWS and in nothing on emulators. */
function writesLog(stack: Stack, group: logs.LogGroup): Grant {
  const resourceName = `${group.logGroupName}:*`
  const arn = stack.formatArn({ service: 'logs', resource: 'log-group', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })
  return { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [arn], wide: 'the streams of its own log' }
}

const statementOf = ({ actions, resources, conditions }: Grant) =>
  new iam.PolicyStatement({ actions: [...actions], resources: [...resources], conditions })
