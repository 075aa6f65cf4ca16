import { ExecPlace, ExecRequest } from '../../shared/api/contract.ts'
import { openSession } from '../../shared/application/exec.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { Application } from '../http/application.ts'
import { body, errors, IdempotencyKey, json, StackPath } from './answers.ts'
import type { CommandPorts } from './context.ts'

/** A program inside of a task, where AWS carries what is typed and said. On one machine the same path is an upgrade (shared/api/exec.ts). */
export function execRoutes(app: Application, { execSessions, ...ports }: CommandPorts): void {
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/exec',
      summary: 'A session inside of a running task, for session-manager-plugin',
      request: { params: StackPath, headers: IdempotencyKey, body: body(ExecRequest) },
      responses: { 200: json(ExecPlace), ...errors },
    },
    async c => {
      if (!execSessions)
        throw new CodedError('LS-RUNTIME-UNSUPPORTED', 'programs are run over an upgraded connection here: GET, Upgrade: longshore-exec')
      const { subject, command } = c.body
      const asker = { actor: c.actor, commandId: c.headers['idempotency-key'] }
      const opened = await openSession({ ...ports, execSessions }, c.param.stack, subject, command, asker)
      return c.json(opened, 200, { 'cache-control': 'no-store' })
    },
  )
}
