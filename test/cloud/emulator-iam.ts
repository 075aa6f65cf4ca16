import type { Emulator } from './emulator.ts'
import { jsonCall, queryCall, rawCall } from './raw-call.ts'

/**
 * IAM as the emulator enforces it (AUTH=true). Every call is signed by the function's own role, the signature is checked, and the role's
 * policies, as the template made them of infra/cloud/grants.ts, are evaluated: actions, resources, conditions on keys that it knows. What it
 * judges otherwise than AWS (its 1.5.33) stands in JUDGED_OTHERWISE; there the role gets the same actions once more, on what the emulator asks
 * for instead; so does the token's secret, whose Ref in a template is its ARN on AWS and its name here. So an action that grants.ts does not state is denied everywhere; that it is on the right resource is shown for all services but
 * those named there. Not judged at all:
 * - iam:PassRole, and the condition keys ecs:cluster, ecs:CreateAction and iam:PassedToService;
 * - tags given with a call that makes something (ecs:TagResource, ec2:CreateTags, elasticloadbalancing:AddTags, ecr:TagResource);
 * - the indexes of a table: a query of one is judged as one of the table;
 * - what AWS itself does in a role's or a resource's name: the pollers of queues and streams, rules that send to queues, the gateway that
 *   invokes a function, ECS with its execution role (images, logs, secrets), and pushes to a registry;
 * - TLS, which the emulator is asked without: the statements of queues' and buckets' policies that refuse that are taken off;
 * - who brings an Authorization header that is no signature to the API's IAM route: the emulator lets them pass, to be refused by the function;
 * - the root's keys (`test`), which the CDK and the test deploy by.
 */
const JUDGED_OTHERWISE: readonly { readonly actions: RegExp; readonly resource: string }[] = [
  // by the cluster's ARN where a call names a cluster, else by none; the cluster is not a condition
  { actions: /^ecs:/, resource: '*' },
  // by the group's ARN, while AWS asks for the stream's
  { actions: /^logs:/, resource: 'arn:aws:logs:*:*:log-group:/longshore/*' },
  // by none, where the ARN of the load balancer, group or listener does not stand under that very name in the request
  { actions: /^elasticloadbalancing:(Create(LoadBalancer|TargetGroup)|(Modify|Delete)Rule)$/, resource: '*' },
  { actions: /^cloudwatch:DeleteAlarms$/, resource: '*' },
]

type Statement = { readonly Action: string | readonly string[]; readonly Effect: string; readonly Resource: string | readonly string[] }
type Policy = { readonly Statement: readonly Statement[] }

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T])
const TWIN = 'as-the-emulator-judges'

/** Policies of buckets refuse everything that came without TLS, the CDK's own included, and the emulator has none. */
export const letPlainHttpIn = (emulator: Emulator, bucket: string): Promise<unknown> =>
  rawCall(emulator, 's3', 'DELETE', `/${bucket}?policy`)

/** Likewise those of queues, by a call that says that a proxy took TLS off it. */
async function letPlainHttpIntoQueues(emulator: Emulator): Promise<void> {
  const { QueueUrls } = (await jsonCall(emulator, 'sqs', 'AmazonSQS.ListQueues', {})) as { readonly QueueUrls: readonly string[] }
  for (const QueueUrl of QueueUrls) {
    const asked = { QueueUrl, AttributeNames: ['Policy'] }
    const { Attributes } = (await jsonCall(emulator, 'sqs', 'AmazonSQS.GetQueueAttributes', asked)) as {
      readonly Attributes?: { readonly Policy?: string }
    }
    if (!Attributes?.Policy) continue
    const { Statement, ...policy } = JSON.parse(Attributes.Policy) as Policy
    const kept = Statement.filter(one => !JSON.stringify(one).includes('aws:SecureTransport'))
    const Policy = kept.length ? JSON.stringify({ ...policy, Statement: kept }) : ''
    await jsonCall(emulator, 'sqs', 'AmazonSQS.SetQueueAttributes', { QueueUrl, Attributes: { Policy } })
  }
}

/** After a deployment: what differs from AWS is made good, so that the functions may do what they may do there, and no more. */
export async function bendIam(emulator: Emulator): Promise<void> {
  await letPlainHttpIntoQueues(emulator)
  await grantAsJudged(emulator)
}

/** Beside what the template grants each function: the same, where the emulator asks for something else. */
async function grantAsJudged(emulator: Emulator): Promise<void> {
  for (const role of await rolesOf(emulator)) {
    const allowed = [...(await policiesOf(emulator, role)).values()].flatMap(policy => policy.Statement)
    const actionsAllowed = allowed.flatMap(({ Action }) => list(Action))
    const Statement: Statement[] = JUDGED_OTHERWISE.flatMap(({ actions, resource }) => {
      const Action = actionsAllowed.filter(action => actions.test(action))
      return Action.length ? [{ Effect: 'Allow', Action, Resource: resource }] : []
    })
    for (const { Action, Resource } of allowed)
      for (const name of list(Resource).filter(one => !/^(arn:|\*)/.test(one)))
        Statement.push({ Effect: 'Allow', Action, Resource: `arn:aws:secretsmanager:*:*:secret:${name}-*` })
    if (Statement.length) await putPolicy(emulator, role, TWIN, { Statement })
  }
}

/** Runs something while the role of a function lacks one action that the template gave it. `title`: as in the template, `Reconcile`. */
export async function without<T>(emulator: Emulator, title: string, action: string, run: () => Promise<T>): Promise<T> {
  const [role] = (await rolesOf(emulator)).filter(name => name.includes(`-${title}Role`))
  const before = await policiesOf(emulator, role!)
  const holding = [...before].filter(([, { Statement }]) => Statement.some(({ Action }) => list(Action).includes(action)))
  if (holding.length === 0) throw new Error(`${role} has no ${action}`)
  for (const [name, policy] of holding) await putPolicy(emulator, role!, name, lacking(policy, action))
  try {
    return await run()
  } finally {
    for (const [name, policy] of holding) await putPolicy(emulator, role!, name, policy)
  }
}

const lacking = ({ Statement, ...policy }: Policy, action: string): Policy => ({
  ...policy,
  Statement: Statement.flatMap(one => {
    const Action = list(one.Action).filter(other => other !== action)
    return Action.length ? [{ ...one, Action }] : []
  }),
})

/** A user of the account who may do what this policy says; absent: nothing. Answers the keys. */
export async function makeUser(emulator: Emulator, name: string, policy?: object) {
  await queryCall(emulator, 'iam', { Action: 'CreateUser', UserName: name })
  if (policy)
    await queryCall(emulator, 'iam', {
      ...{ Action: 'PutUserPolicy', UserName: name, PolicyName: 'may' },
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', ...policy }),
    })
  const made = await queryCall(emulator, 'iam', { Action: 'CreateAccessKey', UserName: name })
  return { accessKeyId: tags(made, 'AccessKeyId')[0]!, secretAccessKey: tags(made, 'SecretAccessKey')[0]! }
}

type Listed = { readonly Functions: readonly { readonly Role: string }[] }

async function rolesOf(emulator: Emulator): Promise<readonly string[]> {
  const { Functions } = (await rawCall(emulator, 'lambda', 'GET', '/2015-03-31/functions')) as Listed
  return Functions.map(({ Role }) => Role.slice(Role.lastIndexOf('/') + 1))
}

async function policiesOf(emulator: Emulator, RoleName: string): Promise<ReadonlyMap<string, Policy>> {
  const names = tags(await queryCall(emulator, 'iam', { Action: 'ListRolePolicies', RoleName }), 'member')
  const policies = names.map(async (PolicyName): Promise<[string, Policy]> => {
    const answer = await queryCall(emulator, 'iam', { Action: 'GetRolePolicy', RoleName, PolicyName })
    return [PolicyName, JSON.parse(decodeURIComponent(tags(answer, 'PolicyDocument')[0]!)) as Policy]
  })
  return new Map(await Promise.all(policies))
}

const putPolicy = (emulator: Emulator, RoleName: string, PolicyName: string, policy: object): Promise<string> => {
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', ...policy })
  return queryCall(emulator, 'iam', { Action: 'PutRolePolicy', RoleName, PolicyName, PolicyDocument })
}

const tags = (xml: string, tag: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text]) =>
    text!.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
