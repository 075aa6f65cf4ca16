import * as z from 'zod/mini'
import { Accepted, HoldRequest, ProtectRequest, RunningRequest, ScaleRequest } from '../../shared/api/contract.ts'
import { protect } from '../../shared/application/protect.ts'
import { scale } from '../../shared/application/scale.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { StackCommand } from '../../shared/domain/stack-decide.ts'
import type { Application } from '../http/application.ts'
import { acceptedBy, ask } from './accepted.ts'
import { body, errors, IdempotencyKey, json, ServicePath, StackPath } from './answers.ts'
import type { CommandPorts } from './context.ts'

const keyed = { params: StackPath, headers: IdempotencyKey }

/** Commands on what is deployed: each is one commit, answered when it is durable. What follows from it is followed by queries. */
export function runningRoutes(app: Application, ports: CommandPorts): void {
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
