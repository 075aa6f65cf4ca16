import { createServer, type IncomingMessage, type RequestOptions, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { Worker } from 'node:worker_threads'
import { createHomeRouter, type HomeRouter } from '../../shared/adapters/proxy/home-router.ts'
import type { RouterOptions } from '../../shared/adapters/proxy/settings.ts'
import type { Front, Target } from '../../shared/ports/router.ts'

const open = new Set<() => Promise<void> | void>()

/** Call in afterEach: closes every server and router that these helpers made. */
export async function closeAll(): Promise<void> {
  for (const close of open) await close()
  open.clear()
}

export const clock = { now: () => Date.now() }

export function startRouter(options: Partial<RouterOptions> = {}): HomeRouter {
  const router = createHomeRouter({ clock, ...options })
  open.add(() => router.close())
  return router
}

export type TestTarget = { readonly target: Target; readonly port: number; readonly server: TcpServer; destroy(): Promise<void> }

/** A task's HTTP server. Its target listens behind "3000/tcp". */
export async function httpTarget(
  id: string,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestTarget & { server: Server }> {
  const server = createServer(handler)
  const running = await listening(id, server)
  return { ...running, server }
}

export const tcpTarget = (id: string, handler: (socket: Socket) => void): Promise<TestTarget> =>
  listening(
    id,
    createTcpServer({ allowHalfOpen: true }, socket => {
      socket.on('error', () => undefined)
      handler(socket)
    }),
  )

async function listening(id: string, server: TcpServer): Promise<TestTarget> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', 1_024, resolve))
  const { port } = server.address() as AddressInfo
  const destroy = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.resetAndDestroy()
    })
  open.add(destroy)
  return { target: { id, addresses: { '3000/tcp': { host: '127.0.0.1', port } } }, port, server, destroy }
}

/** A port whose listener never accepts, with its queue full: connecting to it neither succeeds nor fails. */
export async function hangingPort(): Promise<number> {
  const source = `
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const worker = new Worker(source, { eval: true })
  const port = await new Promise<number>(resolve => worker.once('message', resolve))
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  open.add(async () => {
    for (const filler of fillers) filler.destroy()
    await worker.terminate()
  })
  await until('the queue is full', () => fillers.filter(filler => !filler.connecting).length >= 2)
  return port
}

/** A port that nobody listens on now, below those that systems give to outgoing connections: tests beside this one make many. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    const server = createTcpServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.on('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise(resolve => server.close(resolve))
    if (isFree) return port
  }
}

const handedOut = new Set<number>()

export const front = (published: number, layer: 'http' | 'tcp' = 'http', more: Partial<Front> = {}): Front => ({
  published,
  protocol: 'tcp',
  layer,
  target: 3000,
  ...more,
})

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly trailers: IncomingMessage['trailers']
}

/** One request; rejects when the connection breaks or the answer is cut. */
export function ask(port: number, options: RequestOptions & { body?: string | Uint8Array } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, ...options }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('close', () => {
        if (!response.complete) return reject(new Error('the answer was cut'))
        const { statusCode: status = 0, headers, trailers } = response
        resolve({ status, headers, body: Buffer.concat(chunks).toString(), trailers })
      })
    })
    sent.on('error', reject)
    sent.end(options.body)
  })
}

/** Waits for something to become true, at most 20 s: long for a busy machine, short beside a test's own limit. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export const STREAM = 'service/shop/web'
