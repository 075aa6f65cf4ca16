import { type ECSClient, ExecuteCommandCommand } from '@aws-sdk/client-ecs'
import { CodedError } from '../../domain/errors.ts'
import type { ExecSessions } from '../../ports/exec-sessions.ts'
import { writesFiles } from './container-names.ts'
import { describeTasks } from './find-tasks.ts'

export type ExecSessionsOptions = { readonly ecs: ECSClient; readonly cluster: string; readonly region: string }

/**
 * ECS Exec (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html): ECS asks the agent that it put into the task, and
 * answers a session of Systems Manager. @throws CodedError; else what ECS answers
 */
export function createExecSessions({ ecs, cluster, region }: ExecSessionsOptions): ExecSessions {
  return {
    async open({ id, runtimeId: task }, command) {
      if (task === undefined) throw gone(id)
      const [found] = await describeTasks({ ecs, cluster }, [task])
      const container = found?.containers?.find(one => !writesFiles(found, one))
      if (!container?.runtimeId || found?.lastStatus !== 'RUNNING') throw gone(id)
      const ask = new ExecuteCommandCommand({ cluster, task, container: container.name, command: commandLine(command), interactive: true })
      const { session } = await ecs.send(ask).catch(error => refused(id, error))
      if (!session?.sessionId || !session.streamUrl || !session.tokenValue) throw new Error(`ECS gave no session for ${id}`)
      const { sessionId, streamUrl, tokenValue } = session
      const target = `ecs:${cluster}_${task.slice(task.lastIndexOf('/') + 1)}_${container.runtimeId}`
      return { sessionId, streamUrl, tokenValue, target, region }
    },
  }
}

const gone = (id: string) => new CodedError('LS-NOT-FOUND', `${id} does not run any more`, { hint: 'longshore ps lists the tasks.' })

/** The agent takes one text apart into words again. */
export const commandLine = (words: readonly string[]): string =>
  words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(' ')

/** @throws CodedError LS-RUNTIME-UNSUPPORTED; else what it is given */
function refused(id: string, error: unknown): never {
  const { name = '', message = '' } = error as Partial<Error>
  const isDeaf = name === 'TargetNotConnectedException' || /execute command was not enabled/i.test(message)
  if (!isDeaf) throw error
  throw new CodedError('LS-RUNTIME-UNSUPPORTED', `ECS cannot reach the inside of ${id}: ${message}`, {
    hint: 'Its agent needs some seconds after the start, and a way out to AWS; a task that was started before x-longshore.exec was set has none.',
    cause: error,
  })
}
