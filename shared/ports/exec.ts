import type { StartRequest } from './runtime.ts'

/** A program to run inside of a task that runs already. */
export type ExecOrder = {
  readonly command: readonly string[]
  readonly user?: string
  readonly workingDir?: string
  readonly environment: Readonly<Record<string, string>>
  /** A terminal of so many columns and rows, where the runtime can make one. */
  readonly terminal?: { readonly columns: number; readonly rows: number }
}

/** The program under way. With a terminal everything comes on `stdout`. */
export type ExecSession = {
  readonly hasTerminal: boolean
  /** Resolves when there is room for more; bytes that nobody reads any more are dropped. */
  write(bytes: Uint8Array): Promise<void>
  endInput(): void
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  resize(columns: number, rows: number): Promise<void>
  /** The program's exit code, once both outputs have ended. */
  readonly exit: Promise<number>
  /** Gives it up: its input ends, nobody listens to it any more. Whether it ends by that is its own matter. */
  close(): void
}

export interface Exec {
  /**
   * @param task all that its start was made of, since a process is given the same folder and environment again
   * @throws CodedError LS-COMMAND-NOT-FOUND, LS-NOT-FOUND, LS-RUNTIME-UNSUPPORTED
   */
  open(task: StartRequest, order: ExecOrder): Promise<ExecSession>
}
