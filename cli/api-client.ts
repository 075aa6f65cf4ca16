import type {
  Accepted,
  ErrorBody,
  EventPage,
  ExecPlace,
  ExecRequest,
  Explanation,
  History,
  HostInfo,
  LogPage,
  Plan,
  PushPlace,
  RollbackRequest,
  StackListItem,
  StackStatus,
} from '../shared/api/contract.ts'
import type { DeployRequest } from '../shared/api/deploy-request.ts'
import { CodedError, ERRORS, type ErrorCode } from '../shared/domain/errors.ts'
import { Interrupted } from './io.ts'
import type { Sign } from './sign-request.ts'

type Place = {
  readonly url: string
  /** Absent: this machine. */
  readonly context?: string
}
export type TokenEndpoint = Place & { readonly token: string; readonly sign?: undefined }
/** Where an API answers, and what proves who asks: a token, or a signature, for which there is a way in of its own (ADR 11). */
export type Endpoint = TokenEndpoint | (Place & { readonly sign: Sign })

/** An error that the host answered. `path`: what of the file it is about, as `services.web.ports`. */
export class ApiError extends CodedError {
  readonly path?: string
  constructor({ error }: ErrorBody) {
    const isKnown = error.code in ERRORS
    super(isKnown ? (error.code as ErrorCode) : 'LS-INTERNAL', isKnown ? error.message : `${error.code}: ${error.message}`, {
      hint: error.hint,
    })
    this.path = error.path
  }
}

export type ApiOptions = {
  /** Asked before each try: a restarted host may answer elsewhere. Undefined: no host says that it runs. */
  readonly endpoint: () => Endpoint | undefined
  readonly interrupt?: AbortSignal
  /** How long a host that does not answer is tried again (default 15 s). */
  readonly patienceMs?: number
  /** Called once for each time that the host stops answering. */
  readonly onLost?: () => void
}

export type LogQuery = {
  readonly services?: readonly string[]
  readonly task?: string
  readonly revision?: number
  readonly tail?: number
  readonly since?: number
  readonly cursor?: string
  readonly wait?: number
}

const TRY_AGAIN_MS = 250
const ANSWER_MS = 60_000

type Call = { readonly query?: Record<string, string | number | undefined>; readonly body?: unknown; readonly key?: string }

/**
 * The HTTP API as functions. A lost connection is no answer, so every request is made again, commands with the key that they had (L4).
 * All @throws ApiError as answered, CodedError LS-HOST-UNREACHABLE, Interrupted.
 */
export class ApiClient {
  readonly #options: ApiOptions

  constructor(options: ApiOptions) {
    this.#options = options
  }

  /** The same host, with other patience. */
  with(change: Partial<ApiOptions>): ApiClient {
    return new ApiClient({ ...this.#options, ...change })
  }

  /** Where the API answers. @throws CodedError LS-HOST-UNREACHABLE when no host says so */
  endpoint(): Endpoint {
    const endpoint = this.#options.endpoint()
    if (!endpoint) throw unreachable('no Longshore host runs', undefined)
    return endpoint
  }

  host(): Promise<HostInfo> {
    return this.#call('GET', '/v1/host')
  }
  stacks(): Promise<{ readonly stacks: readonly StackListItem[] }> {
    return this.#call('GET', '/v1/stacks')
  }
  status(stack: string, at?: number): Promise<StackStatus> {
    return this.#call('GET', `/v1/stacks/${stack}`, { query: { at } })
  }
  history(stack: string, service?: string): Promise<History> {
    return this.#call('GET', `/v1/stacks/${stack}/history`, { query: { service } })
  }
  /** Where its published ports are reached. */
  urls(stack: string): Promise<{ readonly urls: readonly string[] }> {
    return this.#call('GET', `/v1/stacks/${stack}/urls`)
  }
  events(stack: string, query: { readonly cursor?: string; readonly wait?: number; readonly limit?: number }): Promise<EventPage> {
    return this.#call('GET', `/v1/stacks/${stack}/events`, { query })
  }
  explain(stack: string, subject: string): Promise<Explanation> {
    return this.#call('GET', `/v1/stacks/${stack}/explain`, { query: { subject } })
  }
  logs(stack: string, { services, ...query }: LogQuery): Promise<LogPage> {
    return this.#call('GET', `/v1/stacks/${stack}/logs`, { query: { ...query, services: services?.join(',') || undefined } })
  }
  plan(stack: string, body: DeployRequest): Promise<Plan> {
    return this.#call('POST', `/v1/stacks/${stack}/plan`, { body })
  }
  deploy(stack: string, body: DeployRequest, key: string): Promise<Accepted> {
    return this.#call('POST', `/v1/stacks/${stack}/deployments`, { body, key })
  }
  planRollback(stack: string, body: RollbackRequest): Promise<Plan> {
    return this.#call('POST', `/v1/stacks/${stack}/rollback`, { body: { ...body, dryRun: true } })
  }
  rollback(stack: string, body: RollbackRequest, key: string): Promise<Accepted> {
    return this.#call('POST', `/v1/stacks/${stack}/rollback`, { body, key })
  }
  remove(stack: string, options: { readonly volumes: boolean }, key: string): Promise<Accepted> {
    return this.#call('DELETE', `/v1/stacks/${stack}`, { query: { volumes: options.volumes ? 'true' : undefined }, key })
  }
  running(stack: string, action: 'restart' | 'stop' | 'start', services: readonly string[], key: string): Promise<Accepted> {
    return this.#call('POST', `/v1/stacks/${stack}/running`, { body: { action, services }, key })
  }
  hold(stack: string, action: 'pause' | 'resume' | 'abort', services: readonly string[], key: string): Promise<Accepted> {
    return this.#call('POST', `/v1/stacks/${stack}/hold`, { body: { action, services }, key })
  }
  scale(stack: string, service: string, replicas: number, key: string): Promise<Accepted> {
    return this.#call('POST', `/v1/stacks/${stack}/services/${encodeURIComponent(service)}/scale`, { body: { replicas }, key })
  }
  /** A way into a running task, where the platform has one of its own. */
  openSession(stack: string, body: ExecRequest, key: string): Promise<ExecPlace> {
    return this.#call('POST', `/v1/stacks/${stack}/exec`, { body, key })
  }
  /** Where images of this stack are pushed to, and the login for it. */
  registry(stack: string): Promise<PushPlace> {
    return this.#call('POST', `/v1/stacks/${stack}/registry`)
  }
  rebuild(): Promise<{ readonly streams: number; readonly changed: number }> {
    return this.#call('POST', '/v1/rebuild')
  }

  async #call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const { interrupt, patienceMs = 15_000, onLost } = this.#options
    const deadline = Date.now() + patienceMs
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await this.#once<T>(method, path, call)
      } catch (error) {
        if (interrupt?.aborted) throw new Interrupted()
        if (!isPassing(error) || Date.now() >= deadline) throw error
        if (isFirst) onLost?.()
        await new Promise(resolve => setTimeout(resolve, TRY_AGAIN_MS))
      }
    }
  }

  async #once<T>(method: string, path: string, { query = {}, body, key }: Call): Promise<T> {
    const endpoint = this.endpoint()
    const request = {
      method,
      url: urlOf(endpoint, path, query),
      headers: {
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
    const proof = endpoint.sign ? await endpoint.sign(request) : { ...request.headers, authorization: `Bearer ${endpoint.token}` }
    const response = await this.#fetch(endpoint, request.url, { ...request, headers: proof })
    const answer = parsed(response.text)
    if (response.ok && answer !== undefined) return answer as T
    throw answered(endpoint, response, answer)
  }

  /** Body included: a connection may be lost in the middle of an answer. */
  async #fetch(
    endpoint: Endpoint,
    url: URL,
    init: RequestInit,
  ): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
    const { interrupt } = this.#options
    const signals = [AbortSignal.timeout(ANSWER_MS), ...(interrupt ? [interrupt] : [])]
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) })
      return { ok: response.ok, status: response.status, text: await response.text() }
    } catch (error) {
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
      throw unreachable(
        `no Longshore host answers at ${url.origin}: ${cause?.code ?? cause?.message ?? (error as Error).message}`,
        endpoint,
        error,
      )
    }
  }
}

const unreachable = (message: string, endpoint: Endpoint | undefined, cause?: unknown) =>
  new CodedError('LS-HOST-UNREACHABLE', message, {
    hint:
      endpoint?.context === undefined
        ? 'longshore host starts one; longshore up does so by itself. longshore doctor looks for what is wrong.'
        : `That is the context ${endpoint.context}: longshore context show says where it leads, longshore context use local leads back here.`,
    cause,
  })

/** An API may stand under a path. A space is %20 in what is signed, so it is in what is sent. */
function urlOf({ url, sign }: Endpoint, path: string, query: NonNullable<Call['query']>): URL {
  const whole = new URL(`${url.replace(/\/+$/, '')}${sign ? '/iam' : ''}${path}`)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) whole.searchParams.set(name, String(value))
  whole.search = whole.search.replaceAll('+', '%20')
  return whole
}

/** What may be over in a moment: asking again is safe, since the answer is the same. */
const isPassing = (error: unknown): boolean =>
  error instanceof CodedError && (error.code === 'LS-HOST-UNREACHABLE' || error.code === 'LS-CLOCK-STEPPED')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A gateway before the API answers in its own words. */
function answered(endpoint: Endpoint, { status, text }: { readonly status: number; readonly text: string }, answer: unknown): CodedError {
  if ((answer as Partial<ErrorBody> | null | undefined)?.error?.code) return new ApiError(answer as ErrorBody)
  const said = text.slice(0, 200).replaceAll('\n', ' ')
  if (status === 401 || status === 403)
    return new CodedError('LS-UNAUTHENTICATED', `${endpoint.url} lets you not in: HTTP ${status}, ${said}`, {
      hint: endpoint.sign
        ? 'Who signs needs execute-api:Invoke on /iam/* of this API; a wrong clock or Region is refused alike.'
        : undefined,
    })
  return unreachable(`what answers at ${endpoint.url} is no Longshore host: HTTP ${status}, ${said}`, endpoint)
}
