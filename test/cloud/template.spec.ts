import { describe, expect, it, vi } from 'vitest'
import { STANDING } from '../../bench/cost/table.ts'
import { grantsOf } from '../../infra/cloud/grants.ts'
import { titleOf } from '../../infra/cloud/title.ts'
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import { LOG_TABLE, ROWS_TABLE, type TableDefinition } from '../../shared/adapters/dynamo/tables.ts'
import { synthesize } from './synthesis.ts'

vi.setConfig({ testTimeout: 180_000 })

const { template, stack, ofType } = await synthesize()
const text = JSON.stringify(template)
const named = (type: string, title: string) => ofType(type).find(([id]) => new RegExp(`^${title}[0-9A-F]{0,8}$`).test(id))![1]

describe('synthesis', () => {
  it('gives the same template twice', async () => {
    expect(JSON.stringify((await synthesize()).template)).toBe(text)
  })

  it('knows no account, no Region and no moment: one template deploys anywhere', () => {
    expect(text).not.toMatch(/us-east-1|\b\d{12}\b|20\d\d-\d\d-\d\dT/)
  })
})

describe('storage outlives the stack', () => {
  it.each([
    ['LogTable', LOG_TABLE],
    ['RowsTable', ROWS_TABLE],
  ] as const)('%s has a fixed logical id and fixed keys, is kept, protected and recoverable', (id, definition: TableDefinition) => {
    const table = template.Resources[id]!
    expect(table).toMatchObject({ Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(table.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: keysOf(definition),
    })
    // A name of its own could not be taken again after a teardown that kept the table; DynamoDB always encrypts: SSE here would mean a key of KMS.
    expect(table.Properties).not.toHaveProperty('TableName')
    expect(table.Properties.SSESpecification).toEqual({ SSEEnabled: false })
    expect(table.Properties.GlobalSecondaryIndexes?.map((index: { IndexName: string }) => index.IndexName) ?? []).toEqual(
      definition.indexes.map(index => index.name),
    )
  })

  it('streams the log and nothing else', () => {
    expect(template.Resources['LogTable']!.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' })
    expect(template.Resources['RowsTable']!.Properties).not.toHaveProperty('StreamSpecification')
  })

  it('is what no setting moves to another logical id', async () => {
    const other = await synthesize({ 'longshore:installation': 'other', 'longshore:epoch': '2', 'longshore:dashboard': 'true' })
    for (const id of ['LogTable', 'RowsTable']) expect(other.template.Resources[id]).toEqual(template.Resources[id])
  })
})

describe('grants', () => {
  const policies = ofType('AWS::IAM::Policy')
  const statementsOf = (id: string) =>
    policies
      .filter(([, policy]) => JSON.stringify(policy.Properties.Roles).includes(`"${id}"`))
      .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement)
  const roleOf = (name: string) => ofType('AWS::IAM::Role').find(([id]) => new RegExp(`^${titleOf(name)}Role[0-9A-F]{8}$`).test(id))![0]
  const list = (value: unknown) => (Array.isArray(value) ? value : [value])
  const plain = (actions: unknown, resources: unknown, conditions: unknown) =>
    JSON.stringify([
      list(actions).toSorted(),
      list(resources)
        .map(one => JSON.stringify(one))
        .toSorted(),
      conditions ?? {},
    ])

  it.each(FUNCTION_TABLE)('of $name are those that the table states, and no more', row => {
    const stated = (stack.resolve(grantsOf(row, stack.places)) as ReturnType<typeof grantsOf>).map(grant =>
      plain(grant.actions, grant.resources, grant.conditions),
    )
    const given = statementsOf(roleOf(row.name)).map(one => {
      expect(one.Effect).toBe('Allow')
      return plain(one.Action, one.Resource, one.Condition)
    })
    const ownLog = given.filter(one => one.includes('logs:CreateLogStream') && one.includes(`${titleOf(row.name)}Logs`))
    expect(ownLog).toHaveLength(1)
    expect(given.filter(one => !ownLog.includes(one)).toSorted()).toEqual(stated.toSorted())
  })

  it('hold a `*` only where a reason is recorded', () => {
    const bare = FUNCTION_TABLE.flatMap(row =>
      grantsOf(row, stack.places)
        .filter(grant => JSON.stringify(stack.resolve(grant.resources)).includes('*') && !grant.wide)
        .map(grant => `${row.name}: ${grant.actions.join(' ')}`),
    )
    expect(bare).toEqual([])
    expect(policies.flatMap(([id, policy]) => (/"Action":("|\[[^\]]*")[^"]*\*/.test(JSON.stringify(policy)) ? [id] : []))).toEqual([])
  })

  it('go to the functions, the schedules and ECS alone; no role has a policy of AWS or a guest of another account', () => {
    const known = [...FUNCTION_TABLE.map(row => roleOf(row.name)), 'ScheduleRole', 'ExecutionRole', 'ExecRole']
    for (const [id, role] of ofType('AWS::IAM::Role')) {
      expect(known.some(name => id.startsWith(name))).toBe(true)
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns')
      expect(role.Properties).not.toHaveProperty('Policies')
      for (const { Principal } of role.Properties.AssumeRolePolicyDocument.Statement) expect(Object.keys(Principal)).toEqual(['Service'])
    }
  })

  it('let roles be passed only under the path of this installation, and only to tasks', () => {
    const passes = policies
      .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement)
      .filter(one => list(one.Action).includes('iam:PassRole'))
    for (const pass of passes) {
      expect(pass.Action).toBe('iam:PassRole')
      expect(JSON.stringify(pass.Resource)).toMatch(/:role\/longshore\/longshore\/\*"/)
      expect(pass.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } })
    }
    expect(ofType('AWS::IAM::Role').find(([id]) => id.startsWith('ExecutionRole'))![1].Properties.Path).toBe('/longshore/longshore/')
  })
})

describe('requests', () => {
  it('by GET go to query and all others to api, whether by token or signed, and nobody else is asked', () => {
    const functionBehind = (target: unknown): string => {
      const id = JSON.stringify(target).match(/"Ref":"(\w+)"/)![1]!
      return template.Resources[id]!.Properties.IntegrationUri['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, '')
    }
    const routes = ofType('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      Properties.AuthorizationType,
      functionBehind(Properties.Target),
    ])
    expect(routes.toSorted()).toEqual([
      ['$default', 'NONE', 'Api'],
      ['ANY /iam/{proxy+}', 'AWS_IAM', 'Api'],
      ['GET /iam/{proxy+}', 'AWS_IAM', 'Query'],
      ['GET /{proxy+}', 'NONE', 'Query'],
    ])
  })
})

describe('functions', () => {
  it.each(FUNCTION_TABLE)('$name is one of Node 24 on ARM, and reserves nothing', row => {
    const made = named('AWS::Lambda::Function', titleOf(row.name)).Properties
    expect(made).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Timeout: row.timeout, MemorySize: row.memoryMb })
    expect(made).not.toHaveProperty('ReservedConcurrentExecutions')
  })

  it('are as many as the table has', () => expect(ofType('AWS::Lambda::Function')).toHaveLength(FUNCTION_TABLE.length))

  it('write to logs that end', () => {
    for (const [, group] of ofType('AWS::Logs::LogGroup')) expect(group.Properties.RetentionInDays).toBe(30)
  })
})

describe('queues', () => {
  it('hide a message six times as long as its function may run, and set it aside after five failures', () => {
    for (const row of FUNCTION_TABLE.filter(one => one.triggers.some(trigger => trigger.kind === 'commits'))) {
      const queue = named('AWS::SQS::Queue', `${titleOf(row.name)}Queue`).Properties
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * row.timeout)
      expect(queue.RedrivePolicy.maxReceiveCount).toBe(5)
    }
  })

  it('feed functions in batches whose failures are told one by one', () => {
    for (const row of FUNCTION_TABLE.filter(one => one.batch && one.name !== 'relay'))
      expect(template.Resources[`${titleOf(row.name)}Source`]!.Properties).toMatchObject({
        BatchSize: row.batch!.size,
        MaximumBatchingWindowInSeconds: row.batch!.windowSeconds,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      })
  })

  it('L7: the relay halves a batch that fails, gives up after an hour, and sets aside what it gave up', () => {
    expect(template.Resources['RelaySource']!.Properties).toMatchObject({
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 3_600,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^UnrelayedCommits/), 'Arn'] } } },
    })
  })
})

describe('schedules', () => {
  it('stand for each of the table, with the input that the host gives at home', () => {
    const wanted = FUNCTION_TABLE.flatMap(row =>
      row.triggers.flatMap(one => (one.kind === 'schedule' ? [`rate(${one.cloudMinutes} minute${one.cloudMinutes > 1 ? 's' : ''})`] : [])),
    )
    const made = ofType('AWS::Scheduler::Schedule').map(([, schedule]) => schedule.Properties)
    expect(made.map(one => one.ScheduleExpression).toSorted()).toEqual(wanted.toSorted())
    for (const one of made) expect(one.Target.Input).toBe('{}')
  })
})

describe('what costs money while nothing runs', () => {
  it('is left out: no NAT, no load balancer, no keys, no provisioned anything, no dashboard unless asked', () => {
    const types = new Set(Object.values(template.Resources).map(resource => resource.Type))
    for (const type of [
      'AWS::EC2::NatGateway',
      'AWS::EC2::EIP',
      'AWS::KMS::Key',

      'AWS::CloudWatch::Dashboard',
      'AWS::EC2::VPCEndpoint',
    ])
      expect(types.has(type)).toBe(false)
    expect([...types].filter(type => type.startsWith('AWS::ElasticLoadBalancing'))).toEqual([])
    expect(text).not.toContain('ProvisionedConcurrency')
  })

  it('is in the estimate as far as it is there', () => {
    expect(ofType('AWS::CloudWatch::Alarm')).toHaveLength(STANDING.alarmMonth)
  })

  it('comes when it is asked for', async () => {
    const { ofType: of } = await synthesize({ 'longshore:dashboard': 'true', 'longshore:nat': '1', 'longshore:containerInsights': 'true' })
    expect(of('AWS::CloudWatch::Dashboard')).toHaveLength(1)
    expect(of('AWS::EC2::NatGateway')).toHaveLength(1)
    expect(of('AWS::ECS::Cluster')[0]![1].Properties.ClusterSettings).toEqual([{ Name: 'containerInsights', Value: 'enabled' }])
  })
})

describe('a network of one’s own', () => {
  it('is used as it is', async () => {
    const { ofType: of } = await synthesize({ 'longshore:vpc': 'vpc-1', 'longshore:subnets': 'subnet-1,subnet-2' })
    expect(of('AWS::EC2::VPC')).toEqual([])
    const { Environment } = of('AWS::Lambda::Function')[0]![1].Properties
    expect(Environment.Variables).toMatchObject({
      LONGSHORE_VPC: 'vpc-1',
      LONGSHORE_SUBNETS: 'subnet-1,subnet-2',
      LONGSHORE_PUBLIC_ADDRESS: 'DISABLED',
    })
  })

  it('may bring the image that writes files from its own registry', async () => {
    const filesImage = `1.dkr.ecr.eu-west-1.amazonaws.com/busybox@sha256:${'a'.repeat(64)}`
    const { ofType: of } = await synthesize({ 'longshore:filesImage': filesImage })
    const told = of('AWS::Lambda::Function').map(([, { Properties }]) => Properties.Environment?.Variables.LONGSHORE_FILES_IMAGE)
    expect(told).toContain(filesImage)
  })

  it.each<Readonly<Record<string, string>>>([
    { 'longshore:vpc': 'vpc-1' },
    { 'longshore:subnets': 'subnet-1' },
    { 'longshore:installation': 'Shop' },
    { 'longshore:nat': '-1' },
    { 'longshore:epoch': 'two' },
    { 'longshore:dashboard': 'yes' },
    { 'longshore:filesImage': 'registry/busybox:1.37' },
  ])('is refused half told, like every setting that cannot be meant: %j', async context => {
    await expect(synthesize(context)).rejects.toThrow(Object.keys(context)[0]!.replace('subnets', 'vpc'))
  })
})

function keysOf({ partitionKey, sortKey }: TableDefinition) {
  return [{ AttributeName: partitionKey.name, KeyType: 'HASH' }, ...(sortKey ? [{ AttributeName: sortKey.name, KeyType: 'RANGE' }] : [])]
}
