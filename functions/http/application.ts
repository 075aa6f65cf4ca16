import type * as z from 'zod/mini'
import { CodedError } from '../../shared/domain/errors.ts'
import { type Answer, type Call, type Event, type Handle, jsonAnswer, type RouteConfig } from './route.ts'

type Route = {
  readonly config: RouteConfig
  readonly method: string
  readonly segments: readonly string[]
  readonly handle: Handle<RouteConfig>
}

export type ApplicationOptions = {
  /** Who asks. @throws what `onError` makes an answer of */
  readonly admit: (event: Event) => Promise<string>
  readonly onError: (error: unknown, event: Event) => Answer
}

/** Routes by API Gateway's events (payload 2.0), and nothing between: what a general framework makes of each request first took longer than to decide it. */
export class Application {
  readonly #routes: Route[] = []
  readonly #options: ApplicationOptions
  readonly #later: { readonly paths: RegExp; readonly add: () => Promise<void>; added?: Promise<void> }[] = []

  constructor(options: ApplicationOptions) {
    this.#options = options
  }

  get routes(): readonly RouteConfig[] {
    return this.#routes.map(({ config }) => config)
  }

  /** Those of such paths are added when the first of them is asked for, and their code is loaded then. */
  later(paths: RegExp, add: () => Promise<void>): void {
    this.#later.push({ paths, add })
  }

  route<const R extends RouteConfig>(config: R, handle: Handle<R>): void {
    const [method, segments] = [config.method.toUpperCase(), config.path.split('/')]
    this.#routes.push({ config, method, segments, handle: handle as unknown as Handle<RouteConfig> })
  }

  async serve(event: Event): Promise<Answer> {
    try {
      const actor = await this.#options.admit(event)
      const { method } = event.requestContext.http
      for (const later of this.#later) if (later.paths.test(event.rawPath)) await (later.added ??= later.add())
      const given = event.rawPath.split('/')
      for (const route of this.#routes) {
        if (route.method !== method || route.segments.length !== given.length) continue
        const param = paramsIn(route.segments, given)
        if (param) return await route.handle(callOf(route.config, event, actor, param))
      }
      throw new CodedError('LS-NOT-FOUND', `there is no ${method} ${event.rawPath}`, { hint: 'GET /v1/openapi.json lists what there is.' })
    } catch (error) {
      return this.#options.onError(error, event)
    }
  }
}

function paramsIn(segments: readonly string[], given: readonly string[]): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith('{')) params[segment.slice(1, -1)] = decoded(given[index]!)
    else if (segment !== given[index]) return undefined
  }
  return params
}

/** @throws CodedError LS-REQUEST-INVALID naming the first part that is not as documented */
function callOf({ request = {} }: RouteConfig, event: Event, actor: string, param: Readonly<Record<string, string>>): Call<RouteConfig> {
  return {
    actor,
    query: checked(request.query, () => queryOf(event.rawQueryString)),
    param: checked(request.params, () => param),
    headers: checked(request.headers, () => event.headers),
    body: checked(request.body?.content['application/json'].schema, () => bodyOf(event)),
    json: jsonAnswer,
  } as Call<RouteConfig>
}

function checked(schema: z.ZodMiniType | undefined, value: () => unknown): unknown {
  if (!schema) return undefined
  const result = schema.safeParse(value())
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new CodedError('LS-REQUEST-INVALID', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
}

/** A name that comes twice is a list, which no schema here takes. */
function queryOf(text: string): Readonly<Record<string, string | readonly string[]>> {
  const query: Record<string, string | readonly string[]> = {}
  for (const [name, value] of new URLSearchParams(text)) query[name] = name in query ? [query[name]!, value].flat() : value
  return query
}

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/i

function bodyOf({ headers, body = '', isBase64Encoded }: Event): unknown {
  const type = (headers['content-type'] ?? '').split(';', 1).join().trim()
  if (!JSON_TYPE.test(type)) throw unreadable(`its type is "${type}"`)
  try {
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body)
  } catch {
    throw unreadable('its body is not valid JSON')
  }
}

const unreadable = (why: string) =>
  new CodedError('LS-REQUEST-INVALID', `the request cannot be read: ${why}`, { hint: 'Bodies are JSON, sent as application/json.' })

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
