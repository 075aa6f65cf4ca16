import { Option } from 'commander'
import { type CommandSpec, isJson, printJson } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { count } from './options.ts'

export const host: CommandSpec = {
  name: 'host',
  summary: 'the control plane, in the foreground; its tasks go on when it stops, and it adopts them when it starts',
  group: 'Run',
  options: [
    new Option('--port <port>', "the API's port on 127.0.0.1; the next free one is taken (default 7070)").argParser(count),
    new Option('--runtime <kind>', 'what runs tasks').choices(['auto', 'docker', 'process']),
    new Option('--bind <address>', 'where published ports listen when the file names no address (default 127.0.0.1)'),
  ],
  run: async (cli, { options }) => {
    const { io, settings, paint } = cli
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
