import * as net from 'node:net'
import type { Executed } from '../../ports/runtime.ts'
import type { ExecAsked, StopAsked } from './supervisor-order.ts'
import { SOCKET } from './task-folder.ts'

export type StatusSocket = {
  /** Tells every client, at once and again to each new one. */
  tell(status: unknown): void
  /** Tells the last word and ends; returns when the clients have it, or soon after. */
  end(status: unknown): Promise<void>
}

const PATIENCE_MS = 200

/** `exec` never rejects. */
type Asked = { readonly stop: (asked: StopAsked) => void; readonly exec: (asked: ExecAsked) => Promise<Executed> }

/**
 * The supervisor's end of its named pipe, in the working folder: connecting is the proof that it lives, each line is the task's status,
 * and a client may ask for a stop. The pipe dies with the process, so that clients notice its death in milliseconds.
 */
export async function openStatusSocket(on: Asked): Promise<StatusSocket> {
  const clients = new Set<net.Socket>()
  let last = '{}\n'
  const server = net.createServer(client => {
    clients.add(client)
    client.on('error', () => {})
    client.on('close', () => clients.delete(client))
    client.write(last)
    readAsked(client, on)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // Relative to the working folder: an absolute path may be longer than a socket's name can be.
    server.listen(SOCKET, () => resolve())
  })
  const tell = (status: unknown): void => {
    last = `${JSON.stringify(status)}\n`
    for (const client of clients) client.write(last)
  }
  const end = async (status: unknown): Promise<void> => {
    last = `${JSON.stringify(status)}\n`
    server.close()
    const told = [...clients].map(client => new Promise<void>(resolve => client.end(last, () => resolve())))
    await Promise.race([Promise.all(told), new Promise(resolve => setTimeout(resolve, PATIENCE_MS))])
  }
  return { tell, end }
}

function readAsked(client: net.Socket, on: Asked): void {
  let text = ''
  client.setEncoding('utf8')
  client.on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      const asked = parseAsked(text.slice(0, end))
      text = text.slice(end + 1)
      if (asked && 'exec' in asked) void on.exec(asked).then(executed => client.write(`${JSON.stringify({ executed })}\n`))
      else if (asked) {
        on.stop(asked)
        client.write('{"asked":true}\n')
      }
    }
  })
}

function parseAsked(line: string): StopAsked | ExecAsked | undefined {
  try {
    const asked = JSON.parse(line) as Partial<StopAsked & ExecAsked>
    if (Array.isArray(asked.exec) && typeof asked.timeoutMs === 'number') return asked as ExecAsked
    return typeof asked.graceMs === 'number' ? (asked as StopAsked) : undefined
  } catch {
    return undefined
  }
}
