import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { type Executed, OutcomeUnknown } from '../../ports/runtime.ts'
import { messageOf, statusOf } from './engine-errors.ts'
import { killLocally } from './kill-exec.ts'

const OUTPUT_LIMIT = 4_096
/** The engine's own codes for a program that cannot be run. */
const NOT_RUN = [126, 127]
const KILL_PATIENCE_MS = 4_000
const LOOK_MS = 25

/**
 * A command in the task's container. The engine's API ends no exec, so one that hangs is killed from here, with all that it started: by
 * its process id where this is the engine's own machine, else by a shell in the container, which knows its processes by a mark in their
 * environment. Where neither works it lives on, and is told as such.
 * @throws OutcomeUnknown when the container does not run
 */
export async function runInTask(docker: Dockerode, id: string, command: readonly string[], timeoutMs: number): Promise<Executed> {
  const mark = `LONGSHORE_EXEC=${randomBytes(8).toString('hex')}`
  const container = docker.getContainer(id)
  const options = { Cmd: [...command], AttachStdout: true, AttachStderr: true, Env: [mark] }
  const exec = await container.exec(options).catch(error => notRunning(id, error))
  const stream = (await exec.start({}).catch(error => notRunning(id, error))) as unknown as Readable
  const output = tailOf(stream)
  const isOver = await Promise.race([output.ended.then(() => true), pause(timeoutMs, false, { ref: false })])
  if (isOver) return await outcome(exec, output.text())
  const killed = await killExec(docker, id, exec, mark)
  stream.destroy()
  return { output: output.text(), ...(killed ? {} : { problem: `it did not end within ${timeoutMs} ms, and cannot be killed from here` }) }
}

function notRunning(id: string, error: unknown): never {
  const status = statusOf(error)
  if (status === 404 || status === 409) throw new OutcomeUnknown(`${id} does not run: ${messageOf(error)}`)
  throw error
}

async function outcome(exec: Dockerode.Exec, output: string): Promise<Executed> {
  for (const until = performance.now() + KILL_PATIENCE_MS; ; await pause(LOOK_MS)) {
    const { Running, ExitCode } = await exec.inspect()
    if (Running && performance.now() < until) continue // the stream ends a moment before the engine knows the code
    if (ExitCode === null) throw new OutcomeUnknown('the engine does not tell how it ended')
    const isMissing = NOT_RUN.includes(ExitCode) && /executable file not found|no such file|permission denied/i.test(output)
    return {
      code: ExitCode,
      output,
      ...(isMissing && {
        problem: output
          .trim()
          .split('\n')
          .at(-1)!
          .replace(/^OCI runtime exec failed: exec failed: /, ''),
      }),
    }
  }
}

/** Again and again, since what the engine took long to begin may begin only now: it answers the start before the program runs. */
async function killExec(docker: Dockerode, id: string, exec: Dockerode.Exec, mark: string): Promise<boolean> {
  for (const until = performance.now() + KILL_PATIENCE_MS; ; await pause(LOOK_MS)) {
    const { Running, ExitCode, Pid, ContainerID } = await exec.inspect()
    if (!Running && ExitCode !== null) return true
    if (performance.now() > until) return false
    if (Pid > 0 && !(await killLocally(Pid, ContainerID, mark))) await killInside(docker, id, mark).catch(() => undefined)
  }
}

/** Children first, so that whoever started them takes note of their end: the container's first process may be no init, and leave zombies. */
const KILL = `mine() { grep -ls "$0" /proc/[0-9]*/environ | sed 's/[^0-9]//g' | sort -n; }
for p in $(mine | sed 1d); do kill -9 $p; done; sleep 0.1; for p in $(mine); do kill -9 $p; done`

async function killInside(docker: Dockerode, id: string, mark: string): Promise<void> {
  const exec = await docker.getContainer(id).exec({ Cmd: ['/bin/sh', '-c', KILL, mark], AttachStdout: true })
  const stream = (await exec.start({})) as unknown as Readable
  stream.resume()
  await Promise.race([new Promise(resolve => stream.once('close', resolve)), pause(KILL_PATIENCE_MS, undefined, { ref: false })])
  stream.destroy()
}

/** The end of what is printed, out of the engine's frames (8 bytes of head, then the text). */
function tailOf(stream: Readable): { readonly ended: Promise<void>; text(): string } {
  let rest = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4)
      tail = Buffer.concat([tail, rest.subarray(8, end)]).subarray(-OUTPUT_LIMIT)
      rest = rest.subarray(end)
    }
  })
  const ended = new Promise<void>(resolve => {
    for (const end of ['end', 'close', 'error']) stream.once(end, () => resolve())
  })
  return { ended, text: () => tail.toString() }
}
