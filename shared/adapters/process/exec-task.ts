import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { CodedError } from '../../domain/errors.ts'
import type { Exec } from '../../ports/exec.ts'
import { type OrderSources, orderOf } from './process-order.ts'

/** A process has no namespace to enter: the program is another process, in the task's folder and with the environment that the task got. */
export function createProcessExec(sources: OrderSources): Exec {
  return {
    open: async (task, { command, user, workingDir, environment }) => {
      if (user !== undefined)
        throw new CodedError('LS-RUNTIME-UNSUPPORTED', 'a task that is a process has no other users: leave out --user')
      const order = await orderOf(task, sources)
      const [program, ...args] = command
      const child = spawn(program!, args, {
        cwd: workingDir ?? order.cwd ?? order.folder,
        env: { ...order.environment, ...environment },
        stdio: 'pipe',
      })
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', error => reject(new CodedError('LS-COMMAND-NOT-FOUND', `${program} cannot be run: ${error.message}`)))
      })
      child.stdin.on('error', () => {}) // it ended without reading
      return {
        hasTerminal: false,
        write: bytes => new Promise(resolve => child.stdin.write(bytes, () => resolve())),
        endInput: () => void child.stdin.end(),
        stdout: child.stdout,
        stderr: child.stderr,
        resize: async () => {},
        exit: new Promise(resolve => child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))),
        close: () => void child.kill('SIGTERM'),
      }
    },
  }
}
