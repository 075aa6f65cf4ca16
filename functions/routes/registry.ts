import { PushPlace } from '../../shared/api/contract.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { Application } from '../http/application.ts'
import { errors, json, StackPath } from './answers.ts'
import type { CommandPorts } from './context.ts'

/** Where images are pushed that a client builds. On one machine the engine that builds them is the one that runs them. */
export function registryRoutes(app: Application, { registry }: CommandPorts): void {
  app.route(
    {
      method: 'post',
      path: '/v1/stacks/{stack}/registry',
      summary: "The stack's image repository, made where it is missing, and a login that may push to it for some hours",
      request: { params: StackPath },
      responses: { 200: json(PushPlace), ...errors },
    },
    async c => {
      if (!registry)
        throw new CodedError('LS-RUNTIME-UNSUPPORTED', 'there is no registry here: tasks run on the engine that builds their images')
      return c.json(await registry.open(c.param.stack), 200, { 'cache-control': 'no-store' })
    },
  )
}
