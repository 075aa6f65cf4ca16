import { OpenAPIHono } from '@hono/zod-openapi'
import type { APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { Contended } from '../shared/application/append.ts'
import { CodedError, ERRORS, type ErrorCode } from '../shared/domain/errors.ts'
import { ClockStepping } from '../shared/ports/clock.ts'
import { OutcomeUnknown } from '../shared/ports/runtime.ts'
import { actorOf } from './routes/admission.ts'
import type { ApiPorts, App, Env } from './routes/context.ts'
import { deploymentRoutes } from './routes/deployments.ts'
import { installationRoutes } from './routes/installation.ts'
import { queryRoutes } from './routes/queries.ts'
import { registryRoutes } from './routes/registry.ts'

/** The whole API as one application: who may ask, the routes, and the one place where errors become HTTP. */
export function apiApp(ports: ApiPorts): App {
  const app = new OpenAPIHono<Env>({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const [issue] = result.error.issues
      return answer(c, new CodedError('LS-REQUEST-INVALID', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`))
    },
  })
  app.onError((error, c) => answer(c, error))
  app.notFound(c =>
    answer(
      c,
      new CodedError('LS-NOT-FOUND', `there is no ${c.req.method} ${c.req.path}`, { hint: 'GET /v1/openapi.json lists what there is.' }),
    ),
  )
  app.use('*', async (c, next) => {
    c.set('actor', signerOf(c.env) ?? (await actorOf(ports, { host: c.req.header('host'), authorization: c.req.header('authorization') })))
    await next()
  })
  installationRoutes(app, ports)
  deploymentRoutes(app, ports)
  queryRoutes(app, ports)
  registryRoutes(app, ports)
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.doc31('/v1/openapi.json', { openapi: '3.1.0', info: { title: 'Longshore', version: ports.info.version }, security: [{ token: [] }] })
  return app
}

/** Written into the event by API Gateway once it has checked the signature; no request can bring it along. */
function signerOf(env: unknown): string | undefined {
  const arn = (env as { event?: APIGatewayProxyEventV2WithIAMAuthorizer } | undefined)?.event?.requestContext?.authorizer?.iam?.userArn
  return arn && `iam ${arn}`
}

function answer(c: Context, error: unknown): Response {
  const coded = codedOf(error)
  if (coded.code === 'LS-INTERNAL')
    console.error(
      JSON.stringify({
        level: 'error',
        message: 'a request failed',
        path: c.req.path,
        error: error instanceof Error ? error.stack : String(error),
      }),
    )
  const { code, message, hint, place } = coded
  return c.json({ error: { code, message, hint, path: place?.path } }, coded.status as 400)
}

function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  if (error instanceof ClockStepping) return new CodedError('LS-CLOCK-STEPPED', ERRORS['LS-CLOCK-STEPPED'].means)
  if (error instanceof Contended) return new CodedError('LS-CONTENDED', ERRORS['LS-CONTENDED'].means)
  if (error instanceof OutcomeUnknown)
    return new CodedError('LS-ENGINE-UNREACHABLE', `the container engine does not answer: ${error.message}`, {
      hint: 'Is it running? longshore doctor looks.',
    })
  if (error instanceof HTTPException && error.status < 500)
    return new CodedError('LS-REQUEST-INVALID', `the request cannot be read: ${error.message}`, {
      hint: 'Bodies are JSON, sent as application/json.',
    })
  return new CodedError('LS-INTERNAL' satisfies ErrorCode, 'something went wrong inside Longshore; its log says what')
}
