import type { Task } from '../domain/service.ts'

/** A way into a running task that a program of the platform's vendor walks through. Its token is a secret for as long as the session lives. */
export type OpenedSession = {
  readonly sessionId: string
  readonly streamUrl: string
  readonly tokenValue: string
  /** What the session leads to, as that program is told. */
  readonly target: string
  readonly region: string
}

export interface ExecSessions {
  /**
   * Always with a terminal: the platform knows no other way.
   * @throws CodedError LS-NOT-FOUND when the task is gone, LS-RUNTIME-UNSUPPORTED when nothing in it listens (yet)
   */
  open(task: Pick<Task, 'id' | 'runtimeId'>, command: readonly string[]): Promise<OpenedSession>
}
