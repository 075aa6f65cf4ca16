import { Option } from 'commander'
import { parseDuration } from '../../shared/compose/amounts.ts'
import { type CommandSpec, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { hostToAct } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { UsageError } from '../io.ts'
import { took } from '../render/times.ts'

const MOST_SECONDS = 172_800

function secondsFor(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new UsageError(`"${text}" is no duration, as 1h or 30m`)
  const seconds = Math.ceil(milliseconds / 1_000)
  if (seconds > MOST_SECONDS) throw new UsageError(`${text} is too long: 48h at most`)
  return seconds
}

/** `web.3 web.4 db.1` → the task numbers of each service. */
function byService(operands: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const tasks = operands.map(text => {
    const [, service, number] = /^(.+)\.([1-9]\d*)$/.exec(text) ?? []
    if (!service) throw new UsageError(`"${text}" is not a task, as web.3`)
    return { service, number: Number(number) }
  })
  const groups = Map.groupBy(tasks, task => task.service)
  return new Map([...groups].map(([service, found]) => [service, [...new Set(found.map(({ number }) => number))]]))
}

export const protect: CommandSpec = {
  name: 'protect',
  operands: '<tasks...>',
  summary: 'keeps tasks (web.3) from being picked when their service is scaled in',
  group: 'Run',
  options: [
    new Option('--for <duration>', 'how long, at most 48h').argParser(secondsFor).default(3_600, '1h'),
    new Option('--off', 'end it'),
  ],
  run: async (cli, { operands, options }) => {
    const wanted = byService(operands)
    const seconds = options['off'] ? 0 : (options['for'] as number)
    await hostToAct(cli)
    const stack = await stackNameOf(cli)
    for (const [service, tasks] of wanted)
      await cli.api.protect(stack, service, { tasks: [...tasks], seconds }, idempotencyKey(cli.io.now()))
    if (isJson(cli)) printJson(cli.io, { stack, tasks: operands, seconds })
    else cli.io.out(seconds === 0 ? 'Not protected any more.' : `Protected for ${took(seconds * 1_000)}.`)
    return EXIT.ok
  },
}
