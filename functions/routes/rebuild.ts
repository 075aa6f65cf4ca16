import * as z from 'zod/mini'
import { rebuild } from '../../shared/application/rebuild.ts'
import type { Application } from '../http/application.ts'
import { errors, json } from './answers.ts'
import type { CommandPorts } from './context.ts'

export function rebuildRoutes(app: Application, ports: CommandPorts): void {
  app.route(
    {
      method: 'post',
      path: '/v1/rebuild',
      summary: 'Drops the read model and projects it again from the log',
      responses: { 200: json(z.object({ streams: z.number(), changed: z.number() })), ...errors },
    },
    async c => c.json(await rebuild(ports), 200),
  )
}
