import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type * as z from 'zod/mini'

/** One route as it stands in the OpenAPI document: what is validated of a request, and what its answers look like. */
export type RouteConfig = {
  readonly method: 'get' | 'post' | 'delete'
  /** With parameters in braces, each a whole segment: /v1/stacks/{stack}. */
  readonly path: string
  readonly summary: string
  readonly request?: {
    readonly params?: z.ZodMiniObject
    readonly query?: z.ZodMiniObject
    /** By names in small letters. */
    readonly headers?: z.ZodMiniObject
    readonly body?: Content
  }
  readonly responses: { readonly [status: number]: Described; readonly default?: Described }
}
export type Content = { readonly content: { readonly 'application/json': { readonly schema: z.ZodMiniType } } }
export type Described = Content & { readonly description: string }

type Part<R, K extends string> = R extends { readonly request: { readonly [k in K]: infer S extends z.ZodMiniType } }
  ? z.output<S>
  : undefined
type BodyOf<R> = R extends {
  readonly body: { readonly content: { readonly 'application/json': { readonly schema: infer S extends z.ZodMiniType } } }
}
  ? z.output<S>
  : undefined
type AnswerBody<R extends RouteConfig, S extends number> = z.input<R['responses'][S]['content']['application/json']['schema']>

/** A request that was let in and has the documented shape. */
export type Call<R extends RouteConfig> = {
  readonly actor: string
  readonly param: Part<R, 'params'>
  readonly query: Part<R, 'query'>
  readonly headers: Part<R, 'headers'>
  readonly body: BodyOf<R['request']>
  json<S extends keyof R['responses'] & number>(body: AnswerBody<R, S>, status: S, headers?: Readonly<Record<string, string>>): Answer
}

export type Event = APIGatewayProxyEventV2
export type Answer = APIGatewayProxyStructuredResultV2
export type Handle<R extends RouteConfig> = (call: Call<R>) => Answer | Promise<Answer>

export const jsonAnswer = (body: unknown, statusCode: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
  isBase64Encoded: false,
})
