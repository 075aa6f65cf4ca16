import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { failureBody, type Repair } from './level-hooks.ts'

export type Exchange = { readonly operation: string; readonly request: string; readonly status: number; readonly answer: string }

/** Stands before the API of a dynalite server: tells of every answer, and knows when nothing is under way. */
export type RequestGate = {
  /** Writes wait until the repair was run, with nothing under way. While it fails they are answered 500, and each one tries again; reads go on. */
  repairWith(repair: Repair): void
  /** Refuses what comes from now on, also the rest of requests that came in part; true once all that came before is answered and told of, false when that took too long. */
  shut(boundMs: number): Promise<boolean>
}

/** @param onAnswered called after the answer was handed to the socket and before a client in this process goes on, in the order of the answers */
export function gateRequests(server: Server, onAnswered: (exchange: Exchange) => void): RequestGate {
  const [serve] = server.listeners('request') as [(req: IncomingMessage, res: ServerResponse) => void]
  const underWay = new Set<IncomingMessage>()
  const waiting: (() => void)[] = []
  let isShut = false
  let repair: Repair | undefined
  let repairing: Promise<void> | undefined

  const idle = () => new Promise<void>(resolve => (underWay.size ? waiting.push(resolve) : resolve()))
  function leave(req: IncomingMessage): void {
    underWay.delete(req)
    if (underWay.size === 0) for (const resolve of waiting.splice(0)) resolve()
  }
  /** One attempt for all that wait. */
  function repaired(): Promise<void> {
    repairing ??= idle()
      .then(() => repair?.run())
      .then(() => void (repair = undefined))
      .finally(() => void (repairing = undefined))
    return repairing
  }

  function enter(req: IncomingMessage, res: ServerResponse): void {
    const chunks: Buffer[] = []
    underWay.add(req)
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('close', () => !req.complete && leave(req)) // the client gave up before it had asked for anything
    watchAnswer(res, answer => {
      try {
        onAnswered({ operation: operationOf(req), request: Buffer.concat(chunks).toString(), status: res.statusCode, answer })
      } finally {
        leave(req)
      }
    })
    serve(req, res)
    // dynalite throws when a connection breaks in the middle of a request; a client that gave up is no reason for a host to end.
    req.removeAllListeners('error').on('error', () => {})
  }

  server.removeAllListeners('request')
  server.on('request', async (req: IncomingMessage, res: ServerResponse) => {
    const mustWait = () => repair !== undefined && (isWrite(req) || !repair.isReadable())
    while (repairing || mustWait()) {
      const problem = await repaired().then(
        () => undefined,
        error => error,
      )
      if (problem && mustWait()) return fail(res, problem instanceof Error ? problem.message : String(problem))
    }
    // No await from here on: a repair may begin at any.
    if (isShut) fail(res, 'the database is being closed')
    else enter(req, res)
  })

  return {
    repairWith: how => void (repair = how),
    async shut(boundMs) {
      isShut = true
      for (const req of underWay) if (!req.complete) req.destroy()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<boolean>(resolve => (timer = setTimeout(resolve, boundMs, false)))
      return Promise.race([Promise.allSettled([repairing, idle()]).then(() => true), late]).finally(() => clearTimeout(timer))
    },
  }
}

const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'DescribeTable', 'ListTables']
const operationOf = (req: IncomingMessage) => String(req.headers['x-amz-target']).split('.').at(-1)!
const isWrite = (req: IncomingMessage) => !READS.includes(operationOf(req))

function fail(res: ServerResponse, message: string): void {
  res.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(failureBody(message)))
}

/** By wrapping `end`, not by `finish`, which never comes when the client is gone: what was written must be told of nevertheless. */
function watchAnswer(res: ServerResponse, onEnd: (answer: string) => void): void {
  const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse
  res.end = ((...args: unknown[]) => {
    const ended = end(...args)
    onEnd(typeof args[0] === 'string' ? args[0] : '')
    return ended
  }) as typeof res.end
}
