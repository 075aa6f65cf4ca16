import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type Bundle, bundle, writeBundles } from '../../infra/cloud/bundle.ts'
import { ENVIRONMENT, queueVariable } from '../../infra/cloud/environment.ts'
import { grantsOf, type Places } from '../../infra/cloud/grants.ts'
import { markedPure } from '../../infra/cloud/slim.ts'
import { FUNCTION_TABLE, type FunctionRow, type PortName } from '../../infra/function-table.ts'

/** The API's holds the whole contract (zod, OpenAPI) beside the SDK; the goal for it is 400 KB, for the others 250 KB. */
const MOST_BYTES: Readonly<Record<string, number>> = { api: 825_000, relay: 160_000 }

vi.setConfig({ testTimeout: 180_000 })
const names = FUNCTION_TABLE.map(row => row.name)
const bundles = await bundle(names)
const at = writeBundles(bundles)
const bundleOf = (row: FunctionRow): Bundle => bundles.find(one => one.name === row.name)!

/** The adapters of each port on AWS: what a bundle may hold follows from its row. */
const ADAPTERS: Readonly<Record<PortName, readonly string[]>> = {
  log: ['dynamo/event-log', 'dynamo/commit-item'],
  snapshots: ['dynamo/snapshots', 'dynamo/blobs'],
  claims: ['dynamo/claims'],
  readModel: ['dynamo/read-model', 'dynamo/row-item', 'dynamo/tables'],
  blobs: ['s3/'],
  secrets: ['secrets-manager/', 'dynamo/last-numbers'],
  tokens: ['secrets-manager/tokens', 'secrets-manager/failures'],
  images: ['ecr/'],
  wakes: ['sqs/'],
  bus: ['eventbridge/'],
  runtime: ['ecs/', 'secrets-manager/', 'dynamo/last-numbers', 'dynamo/budgets'],
  router: ['alb/', 'cloud-map/', 'ec2/'],
  prober: [],
  probing: [],
  metrics: ['cloudwatch/'],
  alarms: ['cloudwatch/'],
  clock: [],
  ids: [],
  folds: [],
  setting: [],
  info: [],
}
/** What every adapter of DynamoDB stands on. */
const GROUND = ['dynamo/client', 'dynamo/failures', 'dynamo/item', 'dynamo/set-members']

/** How ECS's own events are read. */
const TASK_EVENTS = ['ecs/task-state-change', 'ecs/task-facts', 'ecs/ecs-task', 'ecs/stop-reason']

/** Commands whose action has another name than the command, or that only fail in a bundle (slim.ts). */
const ACTIONS: Readonly<Record<string, string | undefined>> = { DescribeEndpoints: undefined, CreateSession: undefined }
/** What AWS asks beside a call: tags and roles are given with it. */
const WITH_CALLS = ['ec2:CreateTags', 'ecs:TagResource', 'elasticloadbalancing:AddTags', 'iam:PassRole']
const SERVICES: Readonly<Record<string, string>> = {
  cloudwatch: 'cloudwatch',
  'cloudwatch-logs': 'logs',
  dynamodb: 'dynamodb',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  ecr: 'ecr',
  ecs: 'ecs',
  eventbridge: 'events',
  s3: 's3',
  'secrets-manager': 'secretsmanager',
  sqs: 'sqs',
}
const commandsOf = ({ inputs }: Bundle) =>
  Object.keys(inputs).flatMap(file => {
    const found = /@aws-sdk\/client-([\w-]+)\/dist-es\/commands\/(\w+)Command\.js$/.exec(file)
    if (found && ACTIONS[found[2]!]) return [ACTIONS[found[2]!]!]
    return found && !(found[2]! in ACTIONS) ? [`${SERVICES[found[1]!] ?? found[1]}:${found[2]}`] : []
  })

const places = new Proxy({} as Places, {
  get: (_, name) => (name === 'queues' ? new Proxy({}, { get: () => 'arn' }) : name === 'arn' ? () => 'arn' : 'arn'),
})

describe.each(FUNCTION_TABLE)('the bundle of $name', row => {
  it('holds no adapter that the row does not name', () => {
    const may = [
      ...(row.triggers.some(({ kind }) => kind === 'task-states') ? TASK_EVENTS : []),
      ...row.ports.flatMap(port => ADAPTERS[port]),
      ...(row.ports.some(port => ADAPTERS[port].some(one => one.startsWith('dynamo/'))) ? GROUND : []),
    ]
    const adapters = Object.keys(bundleOf(row).inputs).flatMap(file => /^shared\/adapters\/(.+)$/.exec(file)?.[1] ?? [])
    expect(adapters.filter(file => !may.some(one => file.startsWith(one)))).toEqual([])
  })

  it('calls AWS for what it is granted, and is granted nothing that it does not call', () => {
    const granted = new Set(grantsOf({ ...row, triggers: [] }, places).flatMap(grant => grant.actions))
    for (const action of WITH_CALLS) granted.delete(action)
    expect([...granted].toSorted()).toEqual([...new Set(commandsOf(bundleOf(row)))].toSorted())
  })

  it('loads in Node with nothing but what the template tells it, and offers a handler', () => {
    const told = [...Object.values(ENVIRONMENT), ...names.map(queueVariable)].map(name => [name, '1'] as const)
    const env = { AWS_REGION: 'eu-west-1', ...Object.fromEntries(told) }
    const script = `console.log(typeof require(${JSON.stringify(join(at(row.name), 'index.js'))}).handler)`
    expect(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }).trim()).toBe('function')
  })

  it('is small', () => {
    expect(bundleOf(row).code.length).toBeLessThanOrEqual(MOST_BYTES[row.name] ?? 415_000)
  })
})

describe('bundling', () => {
  it('gives the same bytes twice, and holds no path of this machine', async () => {
    const again = await bundle(names)
    for (const [place, { code }] of again.entries()) {
      expect(Buffer.compare(code, bundles[place]!.code)).toBe(0)
      expect(Buffer.from(code).includes(process.cwd())).toBe(false)
    }
  })

  it('fails by name for a function without an entry', async () => {
    await expect(bundle(['no-such-function'])).rejects.toThrow(/no-such-function/)
  })

  it('marks schemas that nothing uses, whatever they hold', () => {
    const source = `const _s = "smithy.x";\nexport var A$ = [3, n0, _A,\n    { [_h]: 1 },\n    [_b], [() => B$]\n];\nexport var B$ = [-3, n0, _B, 0, [], []];\nvar C = 1;\n`
    expect(markedPure(source)).toBe(
      `const _s = "smithy.x";\nexport var A$ = /* @__PURE__ */ (() => [3, n0, _A,\n    { [_h]: 1 },\n    [_b], [() => B$]\n])();\nexport var B$ = /* @__PURE__ */ (() => [-3, n0, _B, 0, [], []])();\nvar C = 1;\n`,
    )
  })
})
