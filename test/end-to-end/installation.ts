import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Host, type HostOptions, startHost } from '../../infra/local/host.ts'
import type { Accepted, EventPage, Explanation, Plan, StackStatus } from '../../shared/api/contract.ts'
import type { ServiceSpec, StackSpec } from '../../shared/domain/spec.ts'
import { emptySpec } from '../../shared/domain/spec.ts'

export type Runtime = 'process' | 'docker'

/** A host on a data folder of its own, and a client of its API as a test needs it. One for each try of a test: a second try must not see what the first has left. */
export type Installation = {
  readonly folder: string
  readonly api: Api
  restart(): Promise<void>
  /** Takes every stack down, closes the host and removes the folder. */
  dispose(): Promise<void>
}

export async function makeInstallation(options: Omit<HostOptions, 'folder'>): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-'))
  let host: Host = await startHost({ ...options, folder, port: options.port ?? 17_070 })
  const api = new Api(folder, () => host.url)
  return {
    folder,
    api,
    restart: async () => {
      await host.close()
      host = await startHost({ ...options, folder, port: options.port ?? 17_070 })
    },
    dispose: async () => {
      await api.removeEverything()
      await host.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The API by its own words, over real HTTP. */
export class Api {
  private readonly folder: string
  private readonly url: () => string
  constructor(folder: string, url: () => string) {
    this.folder = folder
    this.url = url
  }

  async call<T>(method: string, path: string, body?: unknown, key: string = randomUUID()): Promise<T> {
    const token = readFileSync(join(this.folder, 'token'), 'utf8')
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key }
    const response = await fetch(new URL(path, this.url()), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const answer = (await response.json()) as T & { readonly error?: { readonly code: string; readonly message: string } }
    if (!response.ok)
      throw Object.assign(new Error(`${answer.error?.code}: ${answer.error?.message}`), {
        code: answer.error?.code,
        status: response.status,
      })
    return answer
  }

  up(spec: StackSpec, more: { readonly secrets?: Record<string, string> } = {}): Promise<Accepted> {
    return this.call('POST', `/v1/stacks/${spec.name}/deployments`, { spec, ...more })
  }
  plan(spec: StackSpec): Promise<Plan> {
    return this.call('POST', `/v1/stacks/${spec.name}/plan`, { spec })
  }
  status(stack: string): Promise<StackStatus> {
    return this.call('GET', `/v1/stacks/${stack}`)
  }
  events(stack: string): Promise<EventPage> {
    return this.call('GET', `/v1/stacks/${stack}/events?limit=1000`)
  }
  explain(stack: string, subject: string): Promise<Explanation> {
    return this.call('GET', `/v1/stacks/${stack}/explain?subject=${subject}`)
  }
  down(stack: string): Promise<Accepted> {
    return this.call('DELETE', `/v1/stacks/${stack}`)
  }

  /** Polls until the stack is as asked for. */
  async until(stack: string, isSo: (status: StackStatus) => boolean, withinMs = 60_000): Promise<StackStatus> {
    const deadline = Date.now() + withinMs
    for (;;) {
      const status = await this.status(stack)
      if (isSo(status)) return status
      if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${JSON.stringify(status, null, 1)}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  settled(stack: string, deployment: number, withinMs?: number): Promise<StackStatus> {
    return this.until(stack, status => status.settled && (status.deployment?.number ?? 0) >= deployment, withinMs)
  }

  async removeEverything(): Promise<void> {
    const { stacks } = await this.call<{ stacks: { stack: string }[] }>('GET', '/v1/stacks')
    for (const { stack } of stacks) {
      await this.down(stack).catch(unlessGone)
      await this.until(stack, status => status.gone)
    }
  }
}

/** The list comes from rows, which may be a moment behind. */
function unlessGone(error: { readonly code?: string }): void {
  if (error.code !== 'LS-NOT-FOUND') throw error
}

const APP = new URL('app.js', import.meta.url).pathname

/** The service under test, the same on both runtimes. */
export function appSpec(change: Partial<ServiceSpec> & { readonly published: number }): ServiceSpec {
  const { published, ...rest } = change
  return {
    ...emptySpec,
    image: 'longshore-test/app',
    ports: [{ published, target: 3000, protocol: 'tcp', layer: 'http' }],
    process: { command: [process.execPath, APP] },
    ...rest,
  }
}
