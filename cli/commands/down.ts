import { Option } from 'commander'
import { type Cli, type CommandSpec, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { needHost } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { follow } from '../follow.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { took } from '../render/times.ts'
import { seconds } from './options.ts'

export const down: CommandSpec = {
  name: 'down',
  summary: "stops and removes the stack's tasks and networks",
  group: 'Deploy',
  options: [
    new Option('-v, --volumes', 'remove its volumes and their data too'),
    new Option('-d, --detach', 'return when the removal is recorded'),
    new Option('--wait-timeout <seconds>', 'give up following after so long').argParser(seconds),
  ],
  run: async (cli, { options }) => {
    await needHost(cli)
    const stack = await stackNameOf(cli)
    const accepted = await cli.api.remove(stack, { volumes: Boolean(options['volumes']) }, idempotencyKey(cli.io.now()))
    if (options['detach']) return told(cli, accepted, `The removal of ${stack} is recorded.`)
    const { milliseconds, outcome, status } = await follow(cli, stack, accepted.deployment, {
      timeoutMs: options['waitTimeout'] as number | undefined,
    })
    if (!status.gone)
      return (await told(cli, { outcome, status }, `${stack} is not gone: ${outcome}. Look: longshore status -p ${stack}`)) || EXIT.failed
    return told(cli, { outcome: 'ok', milliseconds }, `Gone in ${took(milliseconds)}.     bring it back: longshore rollback -p ${stack}`)
  },
}

async function told(cli: Cli, data: unknown, text: string): Promise<number> {
  if (isJson(cli)) printJson(cli.io, data)
  else cli.io.out(text)
  return EXIT.ok
}
