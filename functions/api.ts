import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { handle } from 'hono/aws-lambda'
import { apiApp } from './api-app.ts'
import type { ApiPorts } from './routes/context.ts'

/** The HTTP API behind API Gateway v2, at home behind the host's own server with the same events. */
export const api = (ports: ApiPorts) => {
  const serve = handle(apiApp(ports))
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(async (event, context) => {
    return (await serve(
      withoutPrefix(event) as unknown as Parameters<typeof serve>[0],
      context as unknown as Parameters<typeof serve>[1] & Context,
    )) as APIGatewayProxyStructuredResultV2
  })
}

/** Callers who sign as an IAM identity come by `/iam/…`, to the same routes (ADR 11). */
function withoutPrefix(event: APIGatewayProxyEventV2): APIGatewayProxyEventV2 {
  return event.rawPath.startsWith('/iam/') ? { ...event, rawPath: event.rawPath.slice('/iam'.length) } : event
}
