import * as z from 'zod/mini'
import { HostInfo, StackListItem } from '../../shared/api/contract.ts'
import { listStacks } from '../../shared/application/queries.ts'
import type { Application } from '../http/application.ts'
import { errors, json } from './answers.ts'
import type { QuestionPorts } from './context.ts'

/** What is asked of the whole installation. */
export function installationRoutes(app: Application, ports: QuestionPorts): void {
  app.route({ method: 'get', path: '/v1/host', summary: 'What runs here', responses: { 200: json(HostInfo), ...errors } }, c =>
    c.json(ports.info, 200),
  )
  app.route(
    {
      method: 'get',
      path: '/v1/stacks',
      summary: 'All stacks, from the read model',
      responses: { 200: json(z.object({ stacks: z.array(StackListItem) })), ...errors },
    },
    async c => c.json({ stacks: await listStacks(ports) }, 200),
  )
}
