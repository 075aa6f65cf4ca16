import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { actorOf } from '../../functions/routes/admission.ts'
import type { Admission } from '../../functions/routes/context.ts'
import { EXEC_PROTOCOL, ExecOpen, ExecResize, FRAME, type Frame, frame, readFrames } from '../../shared/api/exec.ts'
import { type ExecPorts, openExec } from '../../shared/application/exec.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { ExecSession } from '../../shared/ports/exec.ts'

/** The one part of the API that is no request and answer, so that the host serves it by itself; who may is the same. */
export function serveExec(server: Server, ports: ExecPorts & Admission): { close(): void } {
  const open = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {}) // the client went away
    serve(ports, request, socket).catch(error => socket.end(frame(FRAME.error, errorOf(error))))
  })
  return {
    close: () => {
      for (const socket of open) socket.destroy()
    },
  }
}

async function serve(ports: Parameters<typeof serveExec>[1], request: IncomingMessage, socket: Duplex): Promise<void> {
  const stack = /^\/v1\/stacks\/([a-z0-9][a-z0-9_-]{0,62})\/exec$/.exec(request.url ?? '')?.[1]
  const { host, authorization, upgrade } = request.headers
  const admitted = await actorOf(ports, { host, authorization }).catch((error: unknown) => ({ error }))
  if (typeof admitted !== 'string') return refuse(socket, admitted.error)
  if (!stack || upgrade !== EXEC_PROTOCOL) return refuse(socket, new CodedError('LS-NOT-FOUND', `there is no upgrade of ${request.url}`))
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${EXEC_PROTOCOL}\r\n\r\n`)
  const frames = readFrames(socket)
  const { subject, ...order } = await opened(frames)
  const { task, session } = await openExec(ports, stack, subject, order, admitted)
  socket.on('close', () => session.close())
  socket.write(frame(FRAME.opened, { task, hasTerminal: session.hasTerminal }))
  take(frames, session).catch(() => session.close())
  await Promise.all([send(socket, FRAME.stdout, session.stdout), send(socket, FRAME.stderr, session.stderr)])
  socket.end(frame(FRAME.exit, { code: await session.exit }))
}

async function opened(frames: AsyncGenerator<Frame>): Promise<ExecOpen> {
  const { value } = await frames.next()
  const parsed = ExecOpen.safeParse(value && (value as Frame).type === FRAME.open ? parse((value as Frame).payload) : undefined)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CodedError('LS-REQUEST-INVALID', `${issue?.path.join('.') || 'open'}: ${issue?.message}`)
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return undefined
  }
}

/** What the client sends, to its end: an input that is not ended goes on for as long as the connection. */
async function take(frames: AsyncGenerator<Frame>, session: ExecSession): Promise<void> {
  for await (const { type, payload } of frames) {
    if (type === FRAME.stdin && payload.length === 0) session.endInput()
    else if (type === FRAME.stdin) await session.write(payload)
    else if (type === FRAME.resize) {
      const size = ExecResize.safeParse(parse(payload))
      if (size.success) await session.resize(size.data.columns, size.data.rows)
    }
  }
}

async function send(socket: Duplex, type: number, output: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of output) await new Promise<void>(resolve => socket.write(frame(type, bytes), () => resolve()))
}

function errorOf(error: unknown) {
  if (error instanceof CodedError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'LS-INTERNAL', message: error instanceof Error ? error.message : String(error) }
}

function refuse(socket: Duplex, error: unknown): void {
  const body = JSON.stringify({ error: errorOf(error) })
  const status = error instanceof CodedError ? error.status : 500
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
