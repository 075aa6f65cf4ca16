import { execFileSync } from 'node:child_process'
import { describe, expect, it, vi } from 'vitest'
import { type Bundle, bundle, sizesOf, writeBundles } from '../../infra/cloud/bundle.ts'
import { ENVIRONMENT, queueVariable } from '../../infra/cloud/environment.ts'
import type { Places } from '../../infra/cloud/grant.ts'
import { grantsOf, PUSH } from '../../infra/cloud/grants.ts'
import { markedPure, withoutErrors } from '../../infra/cloud/slim.ts'
import { FUNCTION_TABLE, type FunctionRow, type PortName } from '../../infra/function-table.ts'

/** Of all files of a bundle, and of what is loaded before the first event. */
const [MOST_BYTES, MOST_AT_LOAD] = [400_000, 250_000]

vi.setConfig({ testTimeout: 180_000 })
const names = FUNCTION_TABLE.map(row => row.name)
const bundles = await bundle(names)
const at = writeBundles(bundles)
/** Files of clients and adapters that a call loads. */
const later = ({ files, atLoad }: Bundle) => [...files.keys()].filter(file => !atLoad.has(file) && !file.startsWith('chunk-'))
/** Runs beside the bundle: makes whatever those files make, since a client asks for its parts when it is made. */
const makeAll = `files => {
  for (const file of files) for (const [name, make] of Object.entries(require('./' + file))) if (/^(alarms|balancerAddress|execSessions|images|listing|logsClient|metrics|networkGroups|readTaskLogs|registry|router|runtime|secrets|targetHealth|tokens|wakes)$/.test(name)) make({})
}`
const bundleOf = (row: FunctionRow): Bundle => bundles.find(one => one.name === row.name)!

/** The adapters of each port on AWS: what a bundle may hold follows from its row. */
const ADAPTERS: Readonly<Record<PortName, readonly string[]>> = {
  log: ['dynamo/event-log', 'dynamo/commit-item'],
  snapshots: ['dynamo/snapshots', 'dynamo/blobs'],
  claims: ['dynamo/claims'],
  readModel: ['dynamo/read-model', 'dynamo/row-item', 'dynamo/tables'],
  blobs: ['dynamo/blobs'],
  secrets: ['secrets-manager/', 'dynamo/last-numbers'],
  tokens: ['secrets-manager/tokens', 'secrets-manager/failures'],
  images: ['ecr/images', 'ecr/oci-registry'],
  registry: ['ecr/registry'],
  execSessions: ['ecs/exec-sessions', 'ecs/container-names', 'ecs/find-tasks', 'ecs/failure-rules'],
  wakes: ['sqs/'],
  bus: ['eventbridge/'],
  runtime: [
    'ecs/',
    'ec2/network-groups',
    'ec2/security-groups',
    'secrets-manager/',
    'dynamo/last-numbers',
    'dynamo/budgets',
    'dynamo/blobs',
  ],
  router: ['alb/', 'cloud-map/', 'ec2/'],
  prober: [],
  probing: [],
  targetHealth: ['alb/target-health', 'alb/alb-names'],
  metrics: ['cloudwatch/', 'alb/target-groups', 'alb/alb-names'],
  alarms: ['cloudwatch/', 'alb/target-groups', 'alb/alb-names'],
  clock: [],
  ids: [],
  folds: [],
  setting: [],
  info: [],
}
/** What every adapter of DynamoDB stands on. */
const GROUND = ['dynamo/client', 'dynamo/failures', 'dynamo/item', 'dynamo/set-members']

/** How ECS's own events are read. */
const TASK_EVENTS = ['ecs/task-state-change', 'ecs/task-facts', 'ecs/ecs-task', 'ecs/stop-reason', 'ecs/container-names']

/** Commands whose action has another name than the command, or that only fail in a bundle (slim.ts). */
const ACTIONS: Readonly<Record<string, string | undefined>> = { DescribeEndpoints: undefined }
/** Cloud Map asks Route 53 and EC2 in its caller's name. */
const FOR_ZONES = [
  ...['CreateHostedZone', 'ListHostedZonesByName', 'ChangeResourceRecordSets', 'DeleteHostedZone', 'GetHostedZone'].map(
    name => `route53:${name}`,
  ),
  ...['ec2:DescribeRegions', 'ec2:DescribeVpcs'],
]
/** What AWS asks beside a call: tags and roles are given with it. */
const WITH_CALLS = [
  ...[
    'ec2:CreateTags',
    'ecs:TagResource',
    'elasticloadbalancing:AddTags',
    'iam:PassRole',
    'ecr:TagResource',
    'servicediscovery:TagResource',
  ],
  ...PUSH,
  ...FOR_ZONES,
]
const SERVICES: Readonly<Record<string, string>> = {
  cloudwatch: 'cloudwatch',
  'cloudwatch-logs': 'logs',
  dynamodb: 'dynamodb',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  ecr: 'ecr',
  ecs: 'ecs',
  eventbridge: 'events',
  'secrets-manager': 'secretsmanager',
  sqs: 'sqs',
}
const commandsOf = ({ inputs }: Bundle) =>
  inputs.flatMap(file => {
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
    const adapters = bundleOf(row).inputs.flatMap(file => /^shared\/adapters\/(.+)$/.exec(file)?.[1] ?? [])
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
    const script = `const { handler } = require('./index.js'); (${makeAll})(${JSON.stringify(later(bundleOf(row)))}); console.log(typeof handler)`
    expect(execFileSync(process.execPath, ['-e', script], { env, cwd: at(row.name), encoding: 'utf8' }).trim()).toBe('function')
  })

  it('is small', () => {
    const { all, atLoad } = sizesOf(bundleOf(row))
    expect(all).toBeLessThanOrEqual(MOST_BYTES)
    expect(atLoad).toBeLessThanOrEqual(MOST_AT_LOAD)
  })
})

describe('bundling', () => {
  it('puts what is loaded before the first event in one piece, and nothing of what only later calls speak', () => {
    for (const { name, atLoad, files } of bundles) {
      const pieces = [...atLoad].filter(file => files.get(file)!.length > 1_000)
      expect([name, pieces.length]).toEqual([name, 1])
      expect(Buffer.from(files.get(pieces[0]!)!).includes('x-www-form-urlencoded'), `${name} loads what ELB is spoken to in`).toBe(false)
    }
  })

  it('keeps the words that say what is wrong with a request, which nothing names', () => {
    const { inputs } = bundles.find(({ name }) => name === 'api')!
    expect(inputs).toContain('node_modules/zod/v4/locales/en.js')
  })

  it('gives the same bytes twice, and holds no path of this machine', async () => {
    const again = await bundle(['relay', 'observe'])
    expect(again).toEqual(bundles.filter(({ name }) => ['relay', 'observe'].includes(name)))
    for (const { files } of bundles) for (const code of files.values()) expect(Buffer.from(code).includes(process.cwd())).toBe(false)
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

  it('keeps the classes of those errors that somebody asks for', () => {
    const source = `n0_registry.registerError(Gone$, Gone);\nexport var Mine$ = [-3];\nn0_registry.registerError(Mine$, Mine);\n_s_registry.registerError(Base$, Base);\n`
    expect(withoutErrors(source, new Set(['Mine']))).toBe(
      `\nexport var Mine$ = [-3];\nn0_registry.registerError(Mine$, Mine);\n_s_registry.registerError(Base$, Base);\n`,
    )
  })
})
