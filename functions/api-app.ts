import middy from '@middy/core'
import type { APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda'
import { Contended } from '../shared/application/append.ts'
import { CodedError, type ErrorCode } from '../shared/domain/errors.ts'
import { ClockStepping } from '../shared/ports/clock.ts'
import { OutcomeUnknown } from '../shared/ports/runtime.ts'
import { Application } from './http/application.ts'
import { type Answer, type Event, jsonAnswer } from './http/route.ts'
import { actorOf } from './routes/admission.ts'
import type { Admission } from './routes/context.ts'

/** Behind API Gateway v2, at home behind the host's own server with the same events: who may ask, the routes, and the one place where errors become HTTP. */
export function overHttp(admission: Admission, addRoutes: (app: Application) => void) {
  const app = new Application({ admit: async event => signerOf(event) ?? actorOf(admission, event.headers), onError: answer })
  addRoutes(app)
  return middy<Event, Answer>().handler(event => app.serve(withoutPrefix(event)))
}

/** Callers who sign as an IAM identity come by `/iam/…`, to the same routes (ADR 11). */
function withoutPrefix(event: Event): Event {
  return event.rawPath.startsWith('/iam/') ? { ...event, rawPath: event.rawPath.slice('/iam'.length) } : event
}

/** Written into the event by API Gateway once it has checked the signature; no request can bring it along. */
function signerOf(event: Event): string | undefined {
  const arn = (event as Partial<APIGatewayProxyEventV2WithIAMAuthorizer>).requestContext?.authorizer?.iam?.userArn
  return arn && `iam ${arn}`
}

function answer(error: unknown, event: Event): Answer {
  const coded = codedOf(error)
  if (coded.code === 'LS-INTERNAL')
    console.error(
      JSON.stringify({
        level: 'error',
        message: 'a request failed',
        path: event.rawPath,
        error: error instanceof Error ? error.stack : String(error),
      }),
    )
  const { code, message, hint, place } = coded
  return jsonAnswer({ error: { code, message, hint, path: place?.path } }, coded.status)
}

function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  if (error instanceof ClockStepping)
    return new CodedError('LS-CLOCK-STEPPED', 'the clock was set, or the machine was asleep: try again in some seconds')
  if (error instanceof Contended)
    return new CodedError('LS-CONTENDED', 'others changed the same stack ten times while this was decided: try again')
  if (error instanceof OutcomeUnknown)
    return new CodedError('LS-ENGINE-UNREACHABLE', `the container engine does not answer: ${error.message}`, {
      hint: 'Is it running? longshore doctor looks.',
    })
  return new CodedError('LS-INTERNAL' satisfies ErrorCode, 'something went wrong inside Longshore; its log says what')
}
