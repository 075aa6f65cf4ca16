import { serviceStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import type { Service, Task } from '../domain/service.ts'
import type { Exec, ExecOrder, ExecSession } from '../ports/exec.ts'
import type { ExecSessions, OpenedSession } from '../ports/exec-sessions.ts'
import type { StartRequest } from '../ports/runtime.ts'
import { onService } from './append.ts'
import { servicesOf, stackOrThrow } from './find-stack.ts'
import type { LogPorts, Ports } from './ports.ts'

export type ExecPorts = LogPorts & Pick<Ports, 'setting'> & { readonly exec: Exec }

type Found = { readonly stream: string; readonly service: string; readonly s: Service; readonly task: Task }

/**
 * Runs a program inside of a task, recorded on the service's stream before it runs: who, in which task, and the program's name. Its
 * arguments and environment may be secrets, and are not recorded (M3).
 * @throws CodedError LS-NOT-FOUND when no such task runs, and what the runtime says
 */
export async function openExec(
  ports: ExecPorts,
  stack: string,
  subject: string,
  order: ExecOrder,
  actor: string,
): Promise<{ readonly task: string; readonly session: ExecSession }> {
  const { stream, service, s, task } = await find(ports, stack, subject)
  const spec = s.specs[task.revision]!
  const { id, number, revision, intent } = task
  const request: StartRequest = {
    ...{ installation: ports.setting.installation.id, stream, stack, service, id, number, revision },
    ...{ intent: intent.version, spec },
  }
  await record(ports, stream, id, order.command, { actor })
  return { task: `${service}.${number}`, session: await ports.exec.open(request, order) }
}

export type SessionPorts = LogPorts & { readonly execSessions: ExecSessions }

/**
 * The same where the platform lets people in by a way of its own: recorded before that way is opened.
 * @throws CodedError LS-NOT-FOUND, LS-RUNTIME-UNSUPPORTED when its file did not ask for it
 */
export async function openSession(
  ports: SessionPorts,
  stack: string,
  subject: string,
  command: readonly string[],
  asker: Asker,
): Promise<OpenedSession & { readonly task: string }> {
  const { stream, service, s, task } = await find(ports, stack, subject)
  if (!s.specs[task.revision]!.exec)
    throw new CodedError('LS-RUNTIME-UNSUPPORTED', `programs cannot be run inside of ${service}.${task.number}: its file does not say so`, {
      hint: 'Write x-longshore: {exec: true} at the service, and deploy it.',
    })
  await record(ports, stream, task.id, command, asker)
  return { task: `${service}.${task.number}`, ...(await ports.execSessions.open(task, command)) }
}

type Asker = { readonly actor: string; readonly commandId?: string }

async function record(ports: LogPorts, stream: string, id: string, words: readonly string[], { actor, commandId }: Asker): Promise<void> {
  const program = words[0]!.split(/\s/)[0]!.slice(0, 100)
  const command = commandId === undefined ? undefined : { id: commandId, body: { type: 'exec', id, program } }
  await onService(ports, stream, () => [{ type: 'ExecAsked', id, program }], { actor, command })
}

/** Of a service the oldest task that is not about to leave, as Compose takes the first one. */
async function find(ports: LogPorts, stack: string, subject: string): Promise<Found> {
  const services = await servicesOf(ports, stack, await stackOrThrow(ports, stack))
  const running = Object.entries(services).flatMap(([service, s]) => {
    const tasks = Object.values(s.tasks).filter(task => task.state === 'running' && s.specs[task.revision])
    const isMeant = ({ number, id }: Task) => [`${service}.${number}`, `${stack}-${service}-${number}`, id].includes(subject)
    const meant = service === subject ? tasks.sort(byUse) : tasks.filter(isMeant)
    return meant.map(task => ({ stream: serviceStream(stack, service), service, s, task }))
  })
  if (running[0]) return running[0]
  const hint = 'longshore ps lists the tasks.'
  const isService = subject in services
  throw new CodedError(
    'LS-NOT-FOUND',
    isService ? `no task of ${subject} runs` : `${stack} has no service and no task ${subject} that runs`,
    { hint },
  )
}

const isLeaving = (task: Task) => Number(task.drain !== undefined || task.stop !== undefined)
const byUse = (a: Task, b: Task) => isLeaving(a) - isLeaving(b) || a.number - b.number
