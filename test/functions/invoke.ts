import { readFileSync } from 'node:fs'
import { api } from '../../functions/api.ts'
import { query as questions } from '../../functions/query.ts'
import type { CommandPorts, PlanningPorts, QuestionPorts } from '../../functions/routes/context.ts'
import { makeWorld, type World } from '../application/world.ts'

/** Functions called as AWS calls them: events as JSON, from the fixtures beside this file. */

export const fixture = <T>(name: string): T => JSON.parse(readFileSync(new URL(`events/${name}.json`, import.meta.url), 'utf8')) as T

/** The plain data that a handler is called with and answers. */
export const call = async <T>(handler: unknown, event: unknown): Promise<T> => {
  const context = { functionName: 'test', awsRequestId: 'test', getRemainingTimeInMillis: () => 30_000 }
  const answer = await (handler as (event: unknown, context: unknown) => Promise<unknown>)(JSON.parse(JSON.stringify(event)), context)
  return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as T
}

type Record = { messageId: string; body: string }
/** A message that points to a stream. */
export const pointer = (messageId: string, stream: string): Record => {
  const record = fixture<Record>('sqs-pointer')
  return { ...record, messageId, body: record.body.replace('STREAM', stream) }
}
export const wakeFor = (messageId: string, stream: string, dueAt: number): Record => ({
  ...pointer(messageId, ''),
  body: JSON.stringify({ wake: { stream, dueAt } }),
})
export const message = (messageId: string, body: string): Record => ({ ...pointer(messageId, ''), body })
export type Failures = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
export const failed = ({ batchItemFailures }: Failures): readonly string[] =>
  batchItemFailures.map(failure => failure.itemIdentifier).sort()

export const TOKEN = 'the-token-of-this-test'

export const apiPorts = (world: World, hosts?: readonly string[]): CommandPorts & PlanningPorts & QuestionPorts => ({
  ...world,
  tokens: { actorOf: async given => (given === TOKEN ? 'token laptop' : undefined) },
  info: { version: '0.1.0', installation: 'test', runtime: 'fake', runtimeDetail: 'none' },
  hosts,
})

export type Answer = {
  readonly status: number
  readonly body: unknown
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string; readonly path?: string }
}
export type Asked = {
  readonly query?: string
  readonly headers?: { readonly [name: string]: string | undefined }
  readonly body?: unknown
  /** As it is, instead of `body` as JSON. */
  readonly raw?: string
}

/** An API on a world of its own, asked through API Gateway's events. */
export function makeApi(world = makeWorld(), hosts?: readonly string[]) {
  const ports = apiPorts(world, hosts)
  const [ask, tell] = [questions(ports), api(ports)]
  return async (method: string, path: string, { query = '', headers = {}, body, raw }: Asked = {}): Promise<Answer> => {
    const base = fixture<{ headers: object; requestContext: { http: object } }>('api-gateway-v2')
    const given = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers }
    const event = {
      ...base,
      rawPath: path,
      rawQueryString: query,
      headers: Object.fromEntries(Object.entries({ ...base.headers, ...given }).filter(([, value]) => value !== undefined)),
      requestContext: { ...base.requestContext, http: { ...base.requestContext.http, method, path } },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    }
    const answer = await call<{ statusCode: number; body: string }>(method === 'GET' ? ask : tell, event)
    const parsed = JSON.parse(answer.body) as { error?: Answer['error'] }
    return { status: answer.statusCode, body: parsed, error: parsed.error }
  }
}
