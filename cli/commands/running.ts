import { Option } from 'commander'
import type { ServiceStatus } from '../../shared/api/contract.ts'
import { type Cli, type CommandSpec, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { hostToAct } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { follow } from '../follow.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { sleep, UsageError } from '../io.ts'
import { ProgressView } from '../render/progress-view.ts'
import { report } from '../report.ts'
import { count, seconds } from './options.ts'

const timeout = () => new Option('--wait-timeout <seconds>', 'give up following after so long').argParser(seconds)
const detach = () => new Option('-d, --detach', 'return when it is recorded')

const SUMMARIES = {
  restart: 'replaces all tasks of services, as an update would',
  stop: 'stops services; their tasks are gone until start',
  start: 'starts services that were stopped',
} as const

const runningCommand = (action: keyof typeof SUMMARIES): CommandSpec => ({
  name: action,
  operands: '[services...]',
  summary: SUMMARIES[action],
  group: 'Run',
  options: [detach(), timeout()],
  run: async (cli, { operands, options }) => {
    await hostToAct(cli)
    const stack = await stackNameOf(cli)
    const before = await cli.api.status(stack)
    const accepted = await cli.api.running(stack, action, operands, idempotencyKey(cli.io.now()))
    if (options['detach'] || !accepted.changed) {
      if (isJson(cli)) printJson(cli.io, accepted)
      else cli.io.out(accepted.changed ? `Deployment ${accepted.deployment} is recorded.` : 'Nothing to do.')
      return EXIT.ok
    }
    return report(cli, await follow(cli, stack, accepted.deployment, { timeoutMs: options['waitTimeout'] as number | undefined }), before)
  },
})

export const restart = runningCommand('restart')
export const stop = runningCommand('stop')
export const start = runningCommand('start')

export const scale: CommandSpec = {
  name: 'scale',
  operands: '<service=count...>',
  summary: 'sets how many tasks services have: longshore scale web=5 worker=2',
  group: 'Run',
  options: [detach(), timeout()],
  run: async (cli, { operands, options }) => {
    const wanted = operands.map(parseScale)
    await hostToAct(cli)
    const stack = await stackNameOf(cli)
    for (const { service, replicas } of wanted) await cli.api.scale(stack, service, replicas, idempotencyKey(cli.io.now()))
    const isDone = options['detach'] || (await untilScaled(cli, stack, wanted, options['waitTimeout'] as number | undefined))
    if (isJson(cli)) printJson(cli.io, { stack, scaled: wanted })
    else if (options['detach']) cli.io.out('Recorded.')
    return isDone ? EXIT.ok : EXIT.failed
  },
}

type Scaled = { readonly service: string; readonly replicas: number }

function parseScale(text: string): Scaled {
  const [, service, replicas] = /^([^=]+)=(\d+)$/.exec(text) ?? []
  if (!service || replicas === undefined) throw new UsageError(`"${text}" is not service=count, as web=3`)
  return { service, replicas: count(replicas) }
}

/** A scale is no deployment: it is over when as many are available, and no more are left. False when the wait ran out. */
async function untilScaled(cli: Cli, stack: string, wanted: readonly Scaled[], timeoutMs = 600_000): Promise<boolean> {
  const view = new ProgressView(cli)
  const began = cli.io.now()
  for (;;) {
    const { services } = await cli.api.status(stack)
    const ours = services.filter(({ service }) => wanted.some(other => other.service === service))
    view.show(
      ours.map(service => ({
        ...service,
        cause: 'up', // what brought the revision says nothing about the count
        outcome: service.available === service.desired && service.live === service.desired ? service.outcome : undefined,
      })),
      cli.io.now() - began,
    )
    if (ours.every(({ available, live, desired }) => available >= desired && live <= desired)) {
      for (const { service, replicas } of wanted)
        tellIfOther(
          cli,
          replicas,
          ours.find(other => other.service === service),
        )
      return true
    }
    if (cli.io.now() - began > timeoutMs) {
      cli.io.err(`not all are available after ${timeoutMs / 1_000} s; longshore explain ${wanted[0]?.service} says why`)
      return false
    }
    await sleep(cli.io, 250)
  }
}

function tellIfOther({ io }: Cli, replicas: number, now: ServiceStatus | undefined): void {
  if (!now || now.desired === replicas) return
  if (now.desired === 0) io.err(`${now.service} is stopped: the new count holds from longshore start ${now.service} on`)
  else io.err(`${now.service} is at ${now.desired} now: it was scaled again meanwhile`)
}
