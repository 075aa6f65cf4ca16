import { Option } from 'commander'
import type { Accepted } from '../../shared/api/contract.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { type Cli, type CommandSpec, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { hostToAct } from '../context.ts'
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
    await hostToAct(cli)
    const stack = await stackNameOf(cli)
    const accepted = await remove(cli, stack, Boolean(options['volumes']))
    if (!accepted) return told(cli, { outcome: 'ok', changed: false }, `There is no stack ${stack}: nothing to take down.`)
    if (options['detach']) return told(cli, accepted, `The removal of ${stack} is recorded.`)
    const { milliseconds, outcome, status } = await follow(cli, stack, accepted.deployment, {
      timeoutMs: options['waitTimeout'] as number | undefined,
    })
    if (!status.gone)
      return (await told(cli, { outcome, status }, `${stack} is not gone: ${outcome}. Look: longshore status -p ${stack}`)) || EXIT.failed
    return told(cli, { outcome: 'ok', milliseconds }, `Gone in ${took(milliseconds)}.     bring it back: longshore rollback -p ${stack}`)
  },
}

/** Undefined when there is none: what is asked for is there already. */
async function remove({ api, io }: Cli, stack: string, volumes: boolean): Promise<Accepted | undefined> {
  try {
    return await api.remove(stack, { volumes }, idempotencyKey(io.now()))
  } catch (error) {
    if (error instanceof CodedError && error.code === 'LS-NOT-FOUND') return undefined
    throw error
  }
}

async function told(cli: Cli, data: unknown, text: string): Promise<number> {
  if (isJson(cli)) printJson(cli.io, data)
  else cli.io.out(text)
  return EXIT.ok
}
