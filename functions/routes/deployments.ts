import * as z from 'zod/mini'
import { Accepted, Plan, RollbackRequest } from '../../shared/api/contract.ts'
import { DeployRequest } from '../../shared/api/deploy-request.ts'
import { type Deploy, deploy, dryRun, planOf } from '../../shared/application/deploy.ts'
import { stackOrThrow } from '../../shared/application/find-stack.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { decideStack, type StackCommand } from '../../shared/domain/stack-decide.ts'
import type { Application } from '../http/application.ts'
import { accepted, ask } from './accepted.ts'
import { body, errors, IdempotencyKey, json, StackPath } from './answers.ts'
import type { CommandPorts, PlanningPorts } from './context.ts'

/** What makes a deployment of a spec, or says what it would do. */
export function deploymentRoutes(app: Application, ports: CommandPorts & PlanningPorts): void {
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
      request: { params: StackPath, headers: IdempotencyKey, body: body(DeployRequest) },
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
}

function deployOf(stack: string, { spec, secrets, blobs }: DeployRequest): Deploy {
  if (spec.name !== stack) throw new CodedError('LS-REQUEST-INVALID', `the spec's name is ${spec.name}, and it was sent to ${stack}`)
  const contents = Object.entries(blobs).map(([hash, base64]): [string, Uint8Array] => [hash, Buffer.from(base64, 'base64')])
  return { spec, secrets, blobs: Object.fromEntries(contents) }
}

/** The contract's types are mutable, as zod infers them; the application's are not. */
const writable = (plan: Awaited<ReturnType<typeof dryRun>>): Plan => plan as unknown as Plan
