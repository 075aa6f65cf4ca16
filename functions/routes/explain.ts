import * as z from 'zod/mini'
import { Explanation } from '../../shared/api/contract.ts'
import { explain } from '../../shared/application/explain.ts'
import type { Application } from '../http/application.ts'
import { errors, json, StackPath } from './answers.ts'
import type { QuestionPorts } from './context.ts'

/** Seldom asked, and much to say. */
export function explainRoute(app: Application, ports: QuestionPorts): void {
  app.route(
    {
      method: 'get',
      path: '/v1/stacks/{stack}/explain',
      summary: 'Why a service or a task is as it is',
      request: { params: StackPath, query: z.object({ subject: z.string() }) },
      responses: { 200: json(Explanation), ...errors },
    },
    async c => c.json((await explain(ports, c.param.stack, c.query.subject)) as unknown as Explanation, 200),
  )
}
