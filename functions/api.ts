import middy from '@middy/core'
import { apiApp } from './api-app.ts'
import type { Answer, Event } from './http/route.ts'
import type { ApiPorts } from './routes/context.ts'

/** The HTTP API behind API Gateway v2, at home behind the host's own server with the same events. */
export const api = (ports: ApiPorts) => {
  const app = apiApp(ports)
  return middy<Event, Answer>().handler(event => app.serve(withoutPrefix(event)))
}

/** Callers who sign as an IAM identity come by `/iam/…`, to the same routes (ADR 11). */
function withoutPrefix(event: Event): Event {
  return event.rawPath.startsWith('/iam/') ? { ...event, rawPath: event.rawPath.slice('/iam'.length) } : event
}
