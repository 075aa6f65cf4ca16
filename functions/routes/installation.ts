import { createRoute, z } from '@hono/zod-openapi'
import { HostInfo, StackListItem } from '../../shared/api/contract.ts'
import { listStacks } from '../../shared/application/queries.ts'
import { rebuild } from '../../shared/application/rebuild.ts'
import { errors, json } from './answers.ts'
import type { ApiPorts, App } from './context.ts'

/** What is asked of the whole installation. */
export function installationRoutes(app: App, ports: ApiPorts): void {
  app.openapi(
    createRoute({ method: 'get', path: '/v1/host', summary: 'What runs here', responses: { 200: json(HostInfo), ...errors } }),
    c => c.json(ports.info, 200),
  )
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/stacks',
      summary: 'All stacks, from the read model',
      responses: { 200: json(z.object({ stacks: z.array(StackListItem) })), ...errors },
    }),
    async c => c.json({ stacks: await listStacks(ports) }, 200),
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/rebuild',
      summary: 'Drops the read model and projects it again from the log',
      responses: { 200: json(z.object({ streams: z.number(), changed: z.number() })), ...errors },
    }),
    async c => c.json(await rebuild(ports), 200),
  )
}
