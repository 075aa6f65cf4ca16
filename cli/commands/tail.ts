import { Option } from 'commander'
import { type Cli, type CommandSpec, isJson, widthFor } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { needHost } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { parseTime } from '../parse-time.ts'
import { renderEvents } from '../render/listings.ts'
import { LogLines } from '../render/logs.ts'
import { count } from './options.ts'

/** Commands that may follow: pages by cursor, each asked for with a wait (L8). */
const WAIT = 20
/** Lines of a task in one page: fewer in all, and every task was read to its end. One that prints all the time has no empty page. */
const PAGE = 2_000

export const logs: CommandSpec = {
  name: 'logs',
  operands: '[services...]',
  summary: 'what tasks print, ended ones included',
  group: 'Look',
  follows: true,
  options: [
    new Option('-f, --follow', 'go on with what comes'),
    new Option('-n, --tail <lines>', 'only the last lines of each task').argParser(text => (text === 'all' ? undefined : count(text))),
    new Option('--since <time>', '14:00, or 10m for ten minutes ago'),
    new Option('--task <task>', 'only this task (web.7, or its id)'),
    new Option('--revision <number>', 'only tasks of this revision').argParser(count),
    new Option('--no-log-prefix', 'lines as they were printed'),
    new Option('--no-prefix', 'the same'),
    new Option('-t, --timestamps', 'when each line was printed'),
  ],
  run: async (cli, { operands, options }) => {
    await needHost(cli)
    const stack = await stackNameOf(cli)
    const since = options['since'] === undefined ? undefined : parseTime(options['since'] as string, cli.io.now())
    const selection = {
      services: operands,
      task: options['task'] as string | undefined,
      revision: options['revision'] as number | undefined,
    }
    const style = {
      paint: cli.paint,
      withPrefix: options['logPrefix'] !== false && options['prefix'] !== false,
      withTime: Boolean(options['timestamps']),
    }
    const lines = new LogLines(style)
    const follows = Boolean(options['follow'])
    let page = await cli.api.logs(stack, { ...selection, since, tail: options['tail'] as number | undefined })
    for (;;) {
      if (isJson(cli)) for (const line of page.lines) cli.io.out(JSON.stringify(line))
      else for (const line of lines.render(page.lines)) cli.io.out(line)
      if (!follows && (page.lines.length < PAGE || options['tail'] !== undefined)) return EXIT.ok
      page = await cli.api.logs(stack, { ...selection, cursor: page.cursor, wait: follows ? WAIT : undefined })
    }
  },
}

export const events: CommandSpec = {
  name: 'events',
  summary: 'everything that was recorded of the stack',
  group: 'Look',
  follows: true,
  options: [new Option('-f, --follow', 'go on with what comes'), new Option('--json', 'one JSON object a line')],
  run: async (cli, { options }) => {
    await needHost(cli)
    const stack = await stackNameOf(cli)
    const asJson = isJson(cli) || Boolean(options['json'])
    let page = await cli.api.events(stack, {})
    for (;;) {
      printEvents(cli, page.events, asJson)
      if (!options['follow'] && page.events.length === 0) return EXIT.ok
      page = await cli.api.events(stack, { cursor: page.cursor, wait: options['follow'] ? WAIT : undefined })
    }
  },
}

function printEvents(cli: Cli, page: Parameters<typeof renderEvents>[0], asJson: boolean): void {
  if (asJson) for (const event of page) cli.io.out(JSON.stringify(event))
  else for (const line of renderEvents(page, { now: cli.io.now(), paint: cli.paint, width: widthFor(cli) })) cli.io.out(line)
}
