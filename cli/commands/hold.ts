import { Option } from 'commander'
import { type CommandSpec, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { hostToAct } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { follow } from '../follow.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { report } from '../report.ts'
import { seconds } from './options.ts'

const timeout = () => new Option('--wait-timeout <seconds>', 'give up following after so long').argParser(seconds)
const detach = () => new Option('-d, --detach', 'return when it is recorded')

export const pause: CommandSpec = {
  name: 'pause',
  operands: '[services...]',
  summary: 'holds the deployment under way: only what dies is replaced, until resume',
  group: 'Deploy',
  run: async (cli, { operands }) => {
    await hostToAct(cli)
    const stack = await stackNameOf(cli)
    const accepted = await cli.api.hold(stack, 'pause', operands, idempotencyKey(cli.io.now()))
    if (isJson(cli)) printJson(cli.io, accepted)
    else if (accepted.changed)
      cli.io.out(`Deployment ${accepted.deployment} is paused.     go on: longshore resume     undo: longshore abort`)
    else cli.io.out('It is paused already.')
    return EXIT.ok
  },
}

const followed = (action: 'resume' | 'abort', summary: string): CommandSpec => ({
  name: action,
  operands: action === 'resume' ? '[services...]' : undefined,
  summary,
  group: 'Deploy',
  options: [detach(), timeout()],
  run: async (cli, { operands, options }) => {
    await hostToAct(cli)
    const stack = await stackNameOf(cli)
    const before = await cli.api.status(stack)
    const accepted = await cli.api.hold(stack, action, operands, idempotencyKey(cli.io.now()))
    if (options['detach']) {
      if (isJson(cli)) printJson(cli.io, accepted)
      else cli.io.out(`Deployment ${accepted.deployment} ${action === 'resume' ? 'goes on' : 'is recorded'}.`)
      return EXIT.ok
    }
    return report(cli, await follow(cli, stack, accepted.deployment, { timeoutMs: options['waitTimeout'] as number | undefined }), before)
  },
})

export const resume = followed('resume', 'lets a paused deployment go on')
export const abort = followed('abort', 'gives up the deployment under way: back to the newest stable one at once')
