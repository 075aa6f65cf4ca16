import { once } from 'node:events'
import { type Duplex, PassThrough } from 'node:stream'
import type Dockerode from 'dockerode'
import { CodedError } from '../../domain/errors.ts'
import type { Exec, ExecOrder, ExecSession } from '../../ports/exec.ts'
import { messageOf, statusOf } from './engine-errors.ts'
import { isOf } from './labels.ts'

/** Programs inside of containers, over the engine's hijacked connection. */
export function createDockerExec({ docker, installation }: { readonly docker: Dockerode; readonly installation: string }): Exec {
  return {
    open: async ({ id }, order) => {
      const container = docker.getContainer(id)
      const { Id, Config } = await coded(id, () => container.inspect())
      if (!isOf(installation, Config.Labels)) throw new CodedError('LS-NOT-FOUND', `there is no task ${id} of this installation`)
      const exec = await coded(id, () => docker.getContainer(Id).exec(optionsOf(order)))
      const stream = await coded(id, () => exec.start({ hijack: true, stdin: true, Tty: order.terminal !== undefined }))
      return sessionOf(exec, stream, order)
    },
  }
}

const optionsOf = ({ command, user, workingDir, environment, terminal }: ExecOrder): Dockerode.ExecCreateOptions => ({
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  Tty: terminal !== undefined,
  Cmd: [...command],
  Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
  ...(user !== undefined && { User: user }),
  ...(workingDir !== undefined && { WorkingDir: workingDir }),
})

async function sessionOf(exec: Dockerode.Exec, stream: Duplex, { terminal }: ExecOrder): Promise<ExecSession> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const resize = async (columns: number, rows: number) => void (await exec.resize({ w: columns, h: rows }).catch(() => {})) // it may be over
  if (terminal) await resize(terminal.columns, terminal.rows)
  const copied = terminal ? copy(stream, stdout) : split(stream, stdout, stderr)
  const exit = copied
    .finally(() => {
      stdout.end()
      stderr.end()
    })
    .then(() => codeOf(exec))
  exit.catch(() => {}) // told to whoever waits for it
  stream.on('error', () => {})
  return {
    hasTerminal: terminal !== undefined,
    write: bytes => new Promise(resolve => stream.write(bytes, () => resolve())),
    // A terminal's input never ends: at the end of ours the engine would let go of its output too. Ctrl-D says it to the program.
    endInput: () => void (terminal ? stream.write('\u0004') : stream.end()),
    ...{ stdout, stderr, resize, exit },
    close: () => void stream.destroy(),
  }
}

async function copy(from: AsyncIterable<Buffer>, to: PassThrough): Promise<void> {
  for await (const chunk of from) if (!to.write(chunk)) await once(to, 'drain')
}

const HEADER = 8

/** Without a terminal the engine sends both outputs in frames: a type, three zeros, the length, the bytes. */
async function split(from: AsyncIterable<Buffer>, stdout: PassThrough, stderr: PassThrough): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of from) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32BE(4)) {
      const end = HEADER + rest.readUInt32BE(4)
      const to = rest[0] === 2 ? stderr : stdout
      if (!to.write(rest.subarray(HEADER, end))) await once(to, 'drain')
      rest = rest.subarray(end)
    }
  }
}

const LOOKS = 40
const LOOK_MS = 50

/** The outputs may end a moment before the engine knows the exit code. */
async function codeOf(exec: Dockerode.Exec): Promise<number> {
  for (let look = 0; look < LOOKS; look++) {
    const { Running, ExitCode } = await exec.inspect()
    if (!Running && ExitCode !== null) return ExitCode
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  throw new CodedError('LS-ENGINE-UNREACHABLE', 'the connection to the program was lost; the program may go on')
}

async function coded<T>(id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const status = statusOf(error)
    if (status === undefined) throw new CodedError('LS-ENGINE-UNREACHABLE', messageOf(error), { cause: error })
    const message = messageOf(error)
    if (status === 404 || status === 409)
      throw new CodedError('LS-NOT-FOUND', `task ${id} does not run any more: ${message}`, { cause: error })
    throw new CodedError('LS-COMMAND-NOT-FOUND', message, { cause: error })
  }
}
