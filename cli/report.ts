import type { DeploymentView, ServiceStatus, StackStatus } from '../shared/api/contract.ts'
import { type Cli, isJson, printJson, printLines, widthFor } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { type Followed, namesWidth } from './follow.ts'
import { type Failure, failedText, renderFailure } from './render/failure.ts'
import { took } from './render/times.ts'

/** Says how a followed deployment ended, and answers the exit code. `before`: the stack as it was when it began. */
export async function report(cli: Cli, followed: Followed, before: StackStatus | undefined): Promise<number> {
  const { outcome, status } = followed
  const failures = outcome === 'failed' || outcome === 'rolled back' ? await failuresOf(cli, followed, before) : []
  if (isJson(cli)) {
    printJson(cli.io, { outcome, milliseconds: followed.milliseconds, deployments: followed.deployments, failures, status })
    return outcome === 'ok' ? EXIT.ok : EXIT.failed
  }
  if (outcome === 'ok') cli.io.out(`\nDone in ${took(followed.milliseconds)}.${await urlsText(cli, status)}${undoOf(followed)}`)
  else if (outcome === 'superseded') cli.io.out(`\nSuperseded by deployment ${status.deployment?.number}. Look: longshore history`)
  else {
    cli.io.out('')
    const style = { names: namesWidth(status), paint: cli.paint, width: widthFor(cli) }
    for (const failure of failures) printLines(cli.io, renderFailure(failure, style))
    cli.io.out(failedText(failures))
  }
  return outcome === 'ok' ? EXIT.ok : EXIT.failed
}

const undoOf = ({ deployments }: Followed) =>
  (deployments[0]?.number ?? 1) > 1 && deployments[0]?.cause === 'up' ? '     undo: longshore rollback' : ''

/** Where its published ports answer, as the API tells; what it cannot tell changes nothing about what was done. */
export async function urlsText({ api }: Pick<Cli, 'api'>, { stack, services }: StackStatus): Promise<string> {
  if (!services.some(({ removed, ports }) => !removed && ports.some(({ published }) => published !== undefined))) return ''
  const { urls } = await api.urls(stack).catch(() => ({ urls: [] }))
  return urls.length ? ` ${urls.join('  ')}` : ''
}

async function failuresOf(cli: Cli, followed: Followed, before: StackStatus | undefined): Promise<readonly Failure[]> {
  const { status, deployments } = followed
  const rollbacks = deployments.slice(1).filter(({ cause }) => cause === 'rollback')
  const names = new Set([
    ...rollbacks.flatMap(({ changed }) => changed),
    ...status.services.filter(({ outcome }) => outcome === 'failed').map(({ service }) => service),
  ])
  return Promise.all(
    [...names].map(name => failureOf(cli, followed, status.services.find(({ service }) => service === name)!, rollbacks, before)),
  )
}

async function failureOf(
  cli: Cli,
  { status, deployments }: Followed,
  service: ServiceStatus,
  rollbacks: readonly DeploymentView[],
  before: StackStatus | undefined,
): Promise<Failure> {
  const rollback = rollbacks.findLast(({ changed }) => changed.includes(service.service))
  const began = deployments[0]?.at ?? 0
  const crashed = service.ended.filter(task => task.at >= began && (!rollback || task.revision !== service.revision))
  const last = crashed.findLast(task => task.byItself) ?? crashed.at(-1)
  const ended = crashed.filter(task => task.revision === last?.revision)
  const lines = last && (await cli.api.logs(status.stack, { task: last.id, tail: 20 }).catch(() => undefined))?.lines
  const why = rollback?.why?.startsWith(`${service.service}: `)
    ? rollback.why.slice(service.service.length + 2)
    : (rollback?.why ?? service.why ?? 'it failed')
  return {
    service: service.service,
    revision: last?.revision ?? (rollback ? undefined : service.revision),
    why,
    ended,
    said: last && lines ? { number: last.number, lines } : undefined,
    rollback: rollback && rollbackOf(service, before),
  }
}

function rollbackOf(service: ServiceStatus, before: StackStatus | undefined): Failure['rollback'] {
  const old = before?.services.find(({ service: name }) => name === service.service)?.tasks.filter(task => task.state === 'available') ?? []
  const living = new Set(service.tasks.map(task => task.id))
  return {
    to: service.revision ?? 0,
    before: old.length,
    kept: old.filter(task => living.has(task.id)).length,
    failed: service.outcome === 'failed',
  }
}
