import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeploymentView, HostInfo, ServiceStatus, StackStatus } from '../../shared/api/contract.ts'

export type Asked = { readonly method: string; readonly path: string; readonly key?: string; readonly body?: unknown }
/** `hang up`: the connection is cut without an answer. */
export type Answer = { readonly status?: number; readonly body: unknown } | 'hang up'
export type Answers = Readonly<Record<string, (asked: Asked, count: number) => Answer>>

/**
 * A host as far as the CLI sees one: a data folder that tells where it answers, and routes by `METHOD /path` as the contract has them.
 * What it was asked stands in `asked`.
 */
export class FakeHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'longshore-fake-'))
  readonly asked: Asked[] = []
  answers: Answers = {}
  readonly #server: Server
  readonly #counts = new Map<string, number>()

  readonly #info: HostInfo
  url = ''

  constructor(info: HostInfo = HOST) {
    this.#info = info
    this.#server = createServer((request, response) => {
      void bodyOf(request).then(body => {
        const answer = this.#answer(request, body)
        if (answer === 'hang up') return request.socket.destroy()
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
        return response.end(JSON.stringify(answer.body))
      })
    })
  }

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    this.url = `http://127.0.0.1:${port}`
    writeFileSync(join(this.folder, 'host.json'), JSON.stringify({ url: this.url, pid: process.pid }))
    writeFileSync(join(this.folder, 'token'), 'secret\n')
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
    rmSync(this.folder, { recursive: true, force: true })
  }

  #answer(request: IncomingMessage, body: unknown): Answer {
    if (request.headers.authorization !== 'Bearer secret') return error(401, 'LS-UNAUTHENTICATED', 'the token is missing or unknown')
    const path = request.url!.split('?')[0]!
    const route = `${request.method} ${path}`
    const key = request.headers['idempotency-key'] as string | undefined
    const asked = { method: request.method!, path: request.url!, key, body }
    this.asked.push(asked)
    const count = this.#counts.get(route) ?? 0
    this.#counts.set(route, count + 1)
    if (route === 'GET /v1/host') return { body: this.#info }
    return this.answers[route]?.(asked, count) ?? error(404, 'LS-NOT-FOUND', `there is no ${route}`)
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
}

export const error = (status: number, code: string, message: string, more: { path?: string; hint?: string } = {}): Answer => ({
  status,
  body: { error: { code, message, ...more } },
})

export const HOST: HostInfo = { version: '0.1.0', installation: 'i', runtime: 'process', runtimeDetail: 'tasks are processes: x', pid: 1 }

/** Answers one after the other; the last one stays. */
export const inTurn =
  (...bodies: readonly unknown[]) =>
  (_: Asked, count: number): Answer => ({ body: bodies[Math.min(count, bodies.length - 1)] })

export const service = (change: Partial<ServiceStatus> = {}): ServiceStatus => ({
  service: 'web',
  removed: false,
  outcome: 'ok',
  cause: 'up',
  revision: 1,
  ports: [],
  desired: 2,
  available: 2,
  updated: 2,
  live: 2,
  failures: 0,
  waitsFor: [],
  tasks: [],
  ended: [],
  ...change,
})

export const deployment = (number: number, change: Partial<DeploymentView> = {}): DeploymentView => ({
  number,
  version: number * 2,
  at: 1_000 * number,
  actor: 'token local',
  cause: 'up',
  changed: ['web'],
  ...change,
})

export const status = (last: DeploymentView, services: readonly ServiceStatus[], change: Partial<StackStatus> = {}): StackStatus => ({
  stack: 'shop',
  version: 1,
  gone: false,
  deployment: last,
  settled: services.every(({ outcome }) => outcome !== undefined),
  services: [...services],
  ...change,
})
