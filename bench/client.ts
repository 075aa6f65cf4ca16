import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import type { Accepted, EventPage, StackStatus } from '../shared/api/contract.ts'
import type { StackSpec } from '../shared/domain/spec.ts'
import { until } from './until.ts'

/** The HTTP API over connections that stay open, as a program that uses it would. */
export class Client {
  private readonly url: string
  private readonly token: string
  private readonly agent = new Agent({ keepAlive: true })
  constructor(url: string, folder: string) {
    this.url = url
    this.token = readFileSync(join(folder, 'token'), 'utf8').trim()
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'idempotency-key': randomUUID(),
    }
    const answer = await send(new URL(path, this.url), { method, headers, agent: this.agent }, text)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return JSON.parse(answer.text) as T
  }

  up(spec: StackSpec): Promise<Accepted> {
    return this.call('POST', `/v1/stacks/${spec.name}/deployments`, { spec, secrets: {}, blobs: {} })
  }
  scale(stack: string, service: string, replicas: number): Promise<Accepted> {
    return this.call('POST', `/v1/stacks/${stack}/services/${service}/scale`, { replicas })
  }
  status(stack: string): Promise<StackStatus> {
    return this.call('GET', `/v1/stacks/${stack}`)
  }
  events(stack: string): Promise<EventPage> {
    return this.call('GET', `/v1/stacks/${stack}/events?limit=1000`)
  }
  settled(stack: string): Promise<StackStatus> {
    return until(`${stack} settled`, async () => this.status(stack).then(status => status.settled && status), 50)
  }
  async down(stack: string): Promise<void> {
    await this.call('DELETE', `/v1/stacks/${stack}`)
    await until(`${stack} down`, async () => (await this.status(stack)).gone, 50)
  }
  async downAll(): Promise<void> {
    const { stacks } = await this.call<{ stacks: { stack: string }[] }>('GET', '/v1/stacks')
    for (const { stack } of stacks) await this.down(stack)
  }
  close(): void {
    this.agent.destroy()
  }
}

type Answer = { readonly status: number; readonly text: string }

function send(url: URL, options: object, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** The body of any answer at the port, over a connection of its own; undefined when there is none. */
export async function tryAnswer(port: number, host = '127.0.0.1'): Promise<string | undefined> {
  try {
    const { status, text } = await send(new URL(`http://${host}:${port}/`), { agent: false, timeout: 2_000 }, '')
    return status === 200 ? text : undefined
  } catch {
    return undefined
  }
}
