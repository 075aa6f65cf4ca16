import { Option } from 'commander'
import { type CommandSpec, isJson, printJson } from '../command.ts'
import { chosenContext } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../io.ts'
import { count } from './options.ts'

export const host: CommandSpec = {
  name: 'host',
  summary: 'the control plane, in the foreground; its tasks go on when it stops, and it adopts them when it starts',
  group: 'Run',
  isHere: true,
  options: [
    new Option('--port <port>', "the API's port on 127.0.0.1; the next free one is taken (default 7070)").argParser(count),
    new Option('--runtime <kind>', 'what runs tasks').choices(['auto', 'docker', 'process']),
    new Option('--bind <address>', 'where published ports listen when the file names no address (default 127.0.0.1)'),
  ],
  run: async (cli, { options }) => {
    const { io, settings, paint } = cli
    const remote = chosenContext(settings)
    if (remote)
      throw new UsageError(`a host runs on this machine, and the context ${remote.name} is elsewhere (${remote.url}): say --context local`)
    const { startHost } = await import('../../infra/local/host.ts')
    const running = await startHost({
      folder: settings.data,
      port: options['port'] as number | undefined,
      runtime: options['runtime'] as 'auto' | undefined,
      bind: options['bind'] as string | undefined,
      log: line => io.err(line),
    })
    const { info, url } = running
    if (isJson(cli)) printJson(io, { url, ...info })
    else io.out(`${paint('bold', `Longshore ${info.version}`)}   log ${settings.data}   API ${url}   ${info.runtimeDetail}`)
    await new Promise<void>(resolve => {
      io.interrupt.addEventListener('abort', () => resolve(), { once: true })
      process.once('SIGTERM', () => resolve())
    })
    if (!isJson(cli)) io.out(`${io.isTty ? '\n' : ''}Stopping; the tasks go on, and the next start adopts them.`)
    await running.close()
    return EXIT.ok
  },
}
