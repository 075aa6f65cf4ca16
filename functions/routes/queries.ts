import * as z from 'zod/mini'
import { EventPage, History, LogPage, StackStatus, Urls } from '../../shared/api/contract.ts'
import { eventPage } from '../../shared/application/events.ts'
import { logPage } from '../../shared/application/logs.ts'
import { history, stackStatus } from '../../shared/application/queries.ts'
import { urlsOf } from '../../shared/application/urls.ts'
import type { Application } from '../http/application.ts'
import { errors, json, StackPath } from './answers.ts'
import type { QuestionPorts } from './context.ts'

const Wait = z.optional(z.coerce.number().check(z.minimum(0), z.maximum(20)))
const LOOK_EVERY = 200

/** Reads. Those that follow take a cursor and wait for at most 20 s (L8). */
export function queryRoutes(app: Application, ports: QuestionPorts): void {
  app.route(
    {
      method: 'get',
      path: '/v1/stacks/{stack}',
      summary: 'A stack now, or as it was at a moment',
      request: { params: StackPath, query: z.object({ at: z.optional(z.coerce.number().check(z.int())) }) },
      responses: { 200: json(StackStatus), ...errors },
    },
    async c => c.json((await stackStatus(ports, c.param.stack, c.query.at)) as unknown as StackStatus, 200),
  )
  app.route(
    {
      method: 'get',
      path: '/v1/stacks/{stack}/history',
      summary: 'Deployments and revisions, newest first',
      request: { params: StackPath, query: z.object({ service: z.optional(z.string()) }) },
      responses: { 200: json(History), ...errors },
    },
    async c => c.json((await history(ports, c.param.stack, c.query.service)) as unknown as History, 200),
  )
  app.route(
    {
      method: 'get',
      path: '/v1/stacks/{stack}/urls',
      summary: 'Where its published ports are reached; none while nothing listens yet',
      request: { params: StackPath },
      responses: { 200: json(Urls), ...errors },
    },
    async c => c.json({ urls: [...(await urlsOf(ports, c.param.stack))] }, 200),
  )
  eventRoute(app, ports)
  logRoute(app, ports)
}

function eventRoute(app: Application, ports: QuestionPorts): void {
  const query = z.object({
    cursor: z.optional(z.string()),
    wait: Wait,
    limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1_000))),
  })
  app.route(
    {
      method: 'get',
      path: '/v1/stacks/{stack}/events',
      summary: 'What happened, after a cursor',
      request: { params: StackPath, query },
      responses: { 200: json(EventPage), ...errors },
    },
    async c => {
      const { cursor, wait, limit = 500 } = c.query
      const page = await waitFor(
        wait,
        () => eventPage(ports, c.param.stack, cursor, limit),
        page => page.events.length > 0,
      )
      return c.json(page as unknown as EventPage, 200)
    },
  )
}

function logRoute(app: Application, ports: QuestionPorts): void {
  const query = z.object({
    services: z.optional(z.string()),
    task: z.optional(z.string()),
    revision: z.optional(z.coerce.number().check(z.int())),
    tail: z.optional(z.coerce.number().check(z.int(), z.minimum(0))),
    since: z.optional(z.coerce.number()),
    cursor: z.optional(z.string()),
    wait: Wait,
  })
  app.route(
    {
      method: 'get',
      path: '/v1/stacks/{stack}/logs',
      summary: 'What tasks said, after a cursor',
      request: { params: StackPath, query },
      responses: { 200: json(LogPage), ...errors },
    },
    async c => {
      const { services, wait, ...selection } = c.query
      const chosen = { ...selection, services: services?.split(',').filter(Boolean) }
      const page = await waitFor(
        wait,
        () => logPage(ports, c.param.stack, chosen),
        page => page.lines.length > 0,
      )
      return c.json(page as unknown as LogPage, 200)
    },
  )
}

/** Asks again until there is something to tell, or the wait is over; counted in looks, not by a clock. */
async function waitFor<T>(seconds: number | undefined, read: () => Promise<T>, isEnough: (answer: T) => boolean): Promise<T> {
  let answer = await read()
  for (let look = 0; look < ((seconds ?? 0) * 1_000) / LOOK_EVERY && !isEnough(answer); look++) {
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY))
    answer = await read()
  }
  return answer
}
