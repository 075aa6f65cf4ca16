import { Option } from 'commander'
import { type Cli, type CommandSpec, isJson, printJson, printLines, widthFor } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { needHost } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { parseTime } from '../parse-time.ts'
import { renderDeployments, renderRevisions } from '../render/history.ts'
import { renderExplanation, renderStacks } from '../render/listings.ts'
import { renderPs } from '../render/ps.ts'
import { renderStatus } from '../render/status.ts'

/** Commands that read once and print. */
async function show<T>(cli: Cli, read: () => Promise<T>, render: (data: T) => readonly string[]): Promise<number> {
  await needHost(cli)
  const data = await read()
  if (isJson(cli)) printJson(cli.io, data)
  else printLines(cli.io, render(data))
  return EXIT.ok
}

export const ps: CommandSpec = {
  name: 'ps',
  summary: "the stack's tasks",
  group: 'Look',
  options: [new Option('-a, --all', 'ended ones too')],
  run: async (cli, { options }) => {
    const stack = await stackNameOf(cli)
    const style = { now: cli.io.now(), width: widthFor(cli), all: Boolean(options['all']) }
    return show(
      cli,
      () => cli.api.status(stack),
      status => renderPs(status, style),
    )
  },
}

export const ls: CommandSpec = {
  name: 'ls',
  summary: 'all stacks',
  group: 'Look',
  run: cli =>
    show(
      cli,
      () => cli.api.stacks(),
      ({ stacks }) => (stacks.length ? renderStacks(stacks) : ['There are no stacks. longshore up deploys one.']),
    ),
}

export const status: CommandSpec = {
  name: 'status',
  summary: 'where the stack stands, now or at an earlier moment',
  group: 'Look',
  options: [new Option('--at <time>', '14:00, "2026-11-25 14:00", or 10m for ten minutes ago')],
  run: async (cli, { options }) => {
    const stack = await stackNameOf(cli)
    const now = cli.io.now()
    const at = options['at'] === undefined ? undefined : parseTime(options['at'] as string, now)
    return show(
      cli,
      () => cli.api.status(stack, at),
      data => renderStatus(data, { now, paint: cli.paint }),
    )
  },
}

export const history: CommandSpec = {
  name: 'history',
  operands: '[service]',
  summary: "the stack's deployments, or a service's revisions: when, who, what changed, how it ended",
  group: 'Look',
  run: async (cli, { operands: [service] }) => {
    const stack = await stackNameOf(cli)
    const now = cli.io.now()
    return show(
      cli,
      () => cli.api.history(stack, service),
      data => (service ? renderRevisions(data, { now, width: widthFor(cli) }) : renderDeployments(data, { now, width: widthFor(cli) })),
    )
  },
}

export const explain: CommandSpec = {
  name: 'explain',
  operands: '<subject>',
  summary: 'why a service or a task (web.7) is as it is',
  group: 'Look',
  run: async (cli, { operands: [subject] }) => {
    const stack = await stackNameOf(cli)
    return show(
      cli,
      () => cli.api.explain(stack, subject!),
      data => renderExplanation(data, { now: cli.io.now(), paint: cli.paint, width: widthFor(cli) }),
    )
  },
}

export const rebuild: CommandSpec = {
  name: 'rebuild',
  summary: 'drops the read model and projects it again from the log',
  group: 'Run',
  run: cli =>
    show(
      cli,
      () => cli.api.rebuild(),
      ({ streams, changed }) => [
        `Rebuilt from ${streams} streams; ${changed === 0 ? 'every row is the same as before' : `${changed} rows changed`}.`,
      ],
    ),
}
