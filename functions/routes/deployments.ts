import * as z from 'zod/mini'
import { Accepted, HoldRequest, Plan, ProtectRequest, RollbackRequest, RunningRequest, ScaleRequest } from '../../shared/api/contract.ts'
import { DeployRequest } from '../../shared/api/deploy-request.ts'
import { type Appended, onStack } from '../../shared/application/append.ts'
import { type Deploy, deploy, dryRun, planOf } from '../../shared/application/deploy.ts'
import { protect } from '../../shared/application/protect.ts'
import { stackOrThrow } from '../../shared/application/queries.ts'
import { scale } from '../../shared/application/scale.ts'
import { stackStream } from '../../shared/domain/commit.ts'
import { CodedError, type ErrorCode } from '../../shared/domain/errors.ts'
import type { Service } from '../../shared/domain/service.ts'
import type { Stack } from '../../shared/domain/stack.ts'
import { decideStack, type StackCommand } from '../../shared/domain/stack-decide.ts'
import type { Application } from '../http/application.ts'
import { body, errors, IdempotencyKey, json, ServicePath, StackPath } from './answers.ts'
import type { ApiPorts } from './context.ts'

const keyed = { params: StackPath, headers: IdempotencyKey }

/** The commands: each is one commit, answered when it is durable. What follows from it is followed by queries. */
export function deploymentRoutes(app: Application, ports: ApiPorts): void {
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/plan',
      summary: 'What a deployment would do',
      request: { params: StackPath, body: body(DeployRequest) },
      responses: { 200: json(Plan), ...errors },
    },
    async c => c.json(writable(await dryRun(ports, deployOf(c.param.stack, c.body))), 200),
  )
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/deployments',
      summary: 'Deploys a stack',
      request: { ...keyed, body: body(DeployRequest) },
      responses: { 202: json(Accepted), ...errors },
    },
    async c => {
      const { stack } = c.param
      const asker = { actor: c.actor, commandId: c.headers['idempotency-key'] }
      return c.json(accepted(stack, await deploy(ports, deployOf(stack, c.body), asker)), 202)
    },
  )
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/rollback',
      summary: 'Goes back to an earlier deployment, or one service to an earlier revision; with dryRun the plan of it',
      request: { params: StackPath, headers: z.partial(IdempotencyKey), body: body(RollbackRequest) },
      responses: { 200: json(Plan), 202: json(Accepted), ...errors },
    },
    async c => {
      const { stack } = c.param
      const { dryRun: isDry, ...asked } = c.body
      const command: StackCommand = { type: 'rollback', ...asked }
      if (!isDry) return c.json(await ask(ports, stack, command, c.actor, c.headers['idempotency-key']), 202)
      const state = await stackOrThrow(ports, stack)
      return c.json(writable(await planOf(ports, stack, state, decideStack(state, command))), 200)
    },
  )
  app.route(
    {
      method: 'delete',
      path: '/v1/stacks/{stack}',
      summary: 'Takes a stack down',
      request: { ...keyed, query: z.object({ volumes: z.optional(z.enum(['true', 'false'])) }) },
      responses: { 202: json(Accepted), ...errors },
    },
    async c => {
      const { stack } = c.param
      const command: StackCommand = { type: 'remove', volumes: c.query.volumes === 'true' }
      return c.json(await ask(ports, stack, command, c.actor, c.headers['idempotency-key']), 202)
    },
  )
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/running',
      summary: 'Restarts, stops or starts services',
      request: { ...keyed, body: body(RunningRequest) },
      responses: { 202: json(Accepted), ...errors },
    },
    async c => {
      const { action, services } = c.body
      return c.json(await ask(ports, c.param.stack, { type: action, services }, c.actor, c.headers['idempotency-key']), 202)
    },
  )
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/hold',
      summary: 'Pauses, resumes or aborts the deployment that is under way',
      request: { ...keyed, body: body(HoldRequest) },
      responses: { 202: json(Accepted), ...errors },
    },
    async c => {
      const { action, services } = c.body
      if (action === 'abort' && services.length > 0)
        throw new CodedError('LS-REQUEST-INVALID', 'services: an abort is of the whole deployment')
      const command: StackCommand = action === 'abort' ? { type: 'abort' } : { type: action, services }
      return c.json(await ask(ports, c.param.stack, command, c.actor, c.headers['idempotency-key']), 202)
    },
  )
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/services/{service}/scale',
      summary: 'Sets how many tasks a service has',
      request: { params: ServicePath, headers: IdempotencyKey, body: body(ScaleRequest) },
      responses: { 202: json(Accepted), ...errors },
    },
    async c => {
      const { stack, service } = c.param
      const asker = { actor: c.actor, commandId: c.headers['idempotency-key'] }
      const appended = await scale(ports, stack, service, c.body.replicas, asker)
      return c.json(await acceptedBy(ports, stack, appended), 202)
    },
  )
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/services/{service}/protect',
      summary: 'Keeps tasks from being picked when the service is scaled in; 0 seconds ends it',
      request: { params: ServicePath, headers: IdempotencyKey, body: body(ProtectRequest) },
      responses: { 202: json(Accepted), ...errors },
    },
    async c => {
      const { stack, service } = c.param
      const asker = { actor: c.actor, commandId: c.headers['idempotency-key'] }
      return c.json(await acceptedBy(ports, stack, await protect(ports, stack, service, c.body, asker)), 202)
    },
  )
}

/** The answer to a command of one service, which is no deployment. */
async function acceptedBy(ports: ApiPorts, stack: string, { version, appended, refusal }: Appended<Service>): Promise<Accepted> {
  if (refusal) throw new CodedError(refusal.code as ErrorCode, refusal.message)
  const { lastDeployment } = await stackOrThrow(ports, stack)
  return { stack, version, deployment: lastDeployment, changed: appended }
}

function deployOf(stack: string, { spec, secrets, blobs }: DeployRequest): Deploy {
  if (spec.name !== stack) throw new CodedError('LS-REQUEST-INVALID', `the spec's name is ${spec.name}, and it was sent to ${stack}`)
  const contents = Object.entries(blobs).map(([hash, base64]): [string, Uint8Array] => [hash, Buffer.from(base64, 'base64')])
  return { spec, secrets, blobs: Object.fromEntries(contents) }
}

async function ask(ports: ApiPorts, stack: string, command: StackCommand, actor: string, id: string | undefined): Promise<Accepted> {
  if (!id) throw new CodedError('LS-REQUEST-INVALID', 'the Idempotency-Key header is missing')
  await stackOrThrow(ports, stack)
  const by = { actor, command: { id, body: command } }
  return accepted(stack, await onStack(ports, stackStream(stack), state => decideStack(state, command), by))
}

function accepted(stack: string, { state, version, refusal }: Appended<Stack>): Accepted {
  if (refusal) throw new CodedError(refusal.code as ErrorCode, refusal.message)
  const deployment = state.deployments.findLast(record => record.version <= version)
  const touched = Object.values(state.services).some(({ wish }) => wish.stamp === version) // by a pause, which is no deployment
  return { stack, version, deployment: deployment?.number ?? state.lastDeployment, changed: deployment?.version === version || touched }
}

/** The contract's types are mutable, as zod infers them; the application's are not. */
const writable = (plan: Awaited<ReturnType<typeof dryRun>>): Plan => plan as unknown as Plan
