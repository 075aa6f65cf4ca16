import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorBody } from '../shared/api/contract.ts'
import { EXEC_PROTOCOL, ExecExit, type ExecOpen, ExecOpened, FRAME, frame, readFrames } from '../shared/api/exec.ts'
import { CodedError } from '../shared/domain/errors.ts'
import { ApiError, type TokenEndpoint } from './api-client.ts'
import { Interrupted, type Io } from './io.ts'

type Terminal = Pick<Io, 'write' | 'writeErr' | 'keyboard' | 'columns' | 'rows' | 'interrupt'>

/**
 * Runs a program inside of a task, its input and output being ours; answers its exit code.
 * @throws ApiError as answered, CodedError LS-HOST-UNREACHABLE, Interrupted
 */
export async function execIn(endpoint: TokenEndpoint, stack: string, open: ExecOpen, io: Terminal): Promise<number> {
  const socket = await upgrade(endpoint, `/v1/stacks/${encodeURIComponent(stack)}/exec`)
  const keyboard = io.keyboard()
  const giveUp = () => socket.destroy()
  io.interrupt.addEventListener('abort', giveUp, { once: true })
  try {
    socket.write(frame(FRAME.open, open))
    for await (const { type, payload } of readFrames(socket)) {
      if (type === FRAME.opened) begin(socket, ExecOpened.parse(JSON.parse(payload.toString())).hasTerminal, io, keyboard)
      else if (type === FRAME.stdout) io.write(payload)
      else if (type === FRAME.stderr) io.writeErr(payload)
      else if (type === FRAME.error) throw new ApiError({ error: JSON.parse(payload.toString()) } as ErrorBody)
      else if (type === FRAME.exit) return ExecExit.parse(JSON.parse(payload.toString())).code
    }
  } catch (error) {
    if (error instanceof CodedError || !io.interrupt.aborted) throw error
  } finally {
    io.interrupt.removeEventListener('abort', giveUp)
    keyboard.release()
    socket.destroy()
  }
  if (io.interrupt.aborted) throw new Interrupted()
  throw new CodedError('LS-HOST-UNREACHABLE', 'the connection was lost; the program may go on')
}

function begin(socket: Duplex, hasTerminal: boolean, io: Terminal, keyboard: ReturnType<Io['keyboard']>): void {
  if (hasTerminal) {
    keyboard.setRaw(true) // Ctrl-C is the program's then
    keyboard.onResize(() => socket.write(frame(FRAME.resize, { columns: io.columns(), rows: io.rows() })))
  }
  void send(socket, keyboard.chunks()).catch(() => {}) // the program ended before its input did
}

async function send(socket: Duplex, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of chunks)
    if (bytes.length) await new Promise<void>(resolve => socket.write(frame(FRAME.stdin, bytes), () => resolve()))
  socket.write(frame(FRAME.stdin, ''))
}

function upgrade({ url, token }: TokenEndpoint, path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), {
      headers: { authorization: `Bearer ${token}`, connection: 'Upgrade', upgrade: EXEC_PROTOCOL },
    })
    asked.on('upgrade', (_, socket, head) => {
      if (head.length) socket.unshift(head)
      resolve(socket)
    })
    asked.on('response', async answer => {
      let text = ''
      for await (const chunk of answer) text += chunk
      const body = tryParse(text)
      reject(
        body?.error
          ? new ApiError(body)
          : new CodedError('LS-HOST-UNREACHABLE', `what answers at ${url} runs no programs: HTTP ${answer.statusCode}`),
      )
    })
    asked.on('error', error => reject(new CodedError('LS-HOST-UNREACHABLE', `no Longshore host answers at ${url}: ${error.message}`)))
    asked.end()
  })
}

function tryParse(text: string): ErrorBody | undefined {
  try {
    return JSON.parse(text) as ErrorBody
  } catch {
    return undefined
  }
}
