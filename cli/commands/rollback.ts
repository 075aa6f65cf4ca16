import { Option } from 'commander'
import { type CommandSpec, declined, isJson, printJson, printLines } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { hostToAct } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { follow } from '../follow.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { confirm } from '../io.ts'
import { machineText, renderPlan } from '../render/plan.ts'
import { report } from '../report.ts'
import { count, seconds } from './options.ts'

export const rollback: CommandSpec = {
  name: 'rollback',
  operands: '[revision]',
  summary: 'goes back: the whole stack to a deployment (without a number the newest stable before this), or one service to a revision',
  group: 'Deploy',
  options: [
    new Option('--service <name>', 'only this service; the number is then its revision'),
    new Option('-d, --detach', 'return when it is recorded'),
    new Option('--wait', 'follow until it is done or failed (the default)'),
    new Option('--wait-timeout <seconds>', 'give up following after so long').argParser(seconds),
    new Option('--dry-run', 'show the plan and change nothing'),
    new Option('-y, --yes', 'do not ask'),
  ],
  run: async (cli, { operands, options }) => {
    const { io, api, paint } = cli
    const host = await hostToAct(cli)
    const stack = await stackNameOf(cli)
    const asked = { service: options['service'] as string | undefined, to: operands[0] === undefined ? undefined : count(operands[0]) }
    const plan = await api.planRollback(stack, asked)
    if (!isJson(cli))
      printLines(
        io,
        renderPlan(plan, {
          paint,
          width: io.columns(),
          title: `rollback → ${machineText(host, cli.remote)}`,
          removed: 'was not there then',
        }),
      )
    else if (options['dryRun']) printJson(io, plan)
    if (options['dryRun']) return EXIT.ok
    if (!isJson(cli) && io.isInteractive && !options['yes'] && !(await confirm(io, 'Roll back?'))) return declined(cli)
    const before = await api.status(stack)
    const accepted = await api.rollback(stack, asked, idempotencyKey(io.now()))
    if (options['detach']) {
      if (isJson(cli)) printJson(io, accepted)
      else io.out(`Deployment ${accepted.deployment} is recorded. Follow it: longshore status -p ${stack}`)
      return EXIT.ok
    }
    if (!isJson(cli)) io.out('')
    return report(cli, await follow(cli, stack, accepted.deployment, { timeoutMs: options['waitTimeout'] as number | undefined }), before)
  },
}
