import { Agent, request } from 'node:http'

/** What one request came to. */
export type LoadResult = {
  readonly sent: number
  readonly failed: readonly string[]
  readonly tasks: ReadonlyMap<string, number>
  readonly perSecond: number
  readonly slowest: number
}

/**
 * Steady load until told to stop: keep-alive connections, every fourth request posts 2 KB, some answers take 1.5 s, nothing is ever sent
 * twice. Anything but a complete 200 with the right echo is a failure.
 */
export function startLoad(
  url: string,
  options: { readonly connections?: number; readonly slow?: number } = {},
): { stop(): Promise<LoadResult> } {
  const { connections = 24, slow = 4 } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections + slow })
  const failed: string[] = []
  const tasks = new Map<string, number>()
  let sent = 0
  let slowest = 0
  let going = true
  const began = Date.now()
  const one = async (path: string, body: string | undefined, pause: number) => {
    while (going) {
      sent++
      const start = Date.now()
      try {
        const answer = await send(agent, new URL(path, url), body)
        tasks.set(answer.task, (tasks.get(answer.task) ?? 0) + 1)
        if (answer.bytes !== (body?.length ?? 0)) failed.push(`echoed ${answer.bytes} bytes of ${body?.length ?? 0}`)
      } catch (error) {
        failed.push(`${Date.now() - began} ms: ${error instanceof Error ? error.message : String(error)}`)
      }
      slowest = Math.max(slowest, Date.now() - start)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }
  const body = 'x'.repeat(2_048)
  const all = [
    ...Array.from({ length: connections }, (_, index) => one('/', index % 4 === 0 ? body : undefined, 60)),
    ...Array.from({ length: slow }, () => one('/slow', body, 50)),
  ]
  return {
    stop: async () => {
      going = false
      await Promise.all(all)
      agent.destroy()
      return { sent, failed, tasks, perSecond: (sent * 1_000) / (Date.now() - began), slowest }
    },
  }
}

type Answer = { readonly task: string; readonly version: string; readonly bytes: number }

function send(agent: Agent, url: URL, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method: body ? 'POST' : 'GET', headers: body ? { 'content-length': body.length } : {} },
      response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode !== 200 || !response.complete) reject(new Error(`status ${response.statusCode}: ${text.slice(0, 200)}`))
          else resolve(JSON.parse(text) as Answer)
        })
      },
    )
    sent.on('error', reject)
    sent.setTimeout(15_000, () => sent.destroy(new Error('no answer in 15 s')))
    sent.end(body)
  })
}
