import { VERSION } from '../../infra/local/version.ts'
import { type CommandSpec, isJson, printJson } from '../command.ts'
import { findHost } from '../context.ts'
import { EXIT } from '../exit-codes.ts'

export const version: CommandSpec = {
  name: 'version',
  summary: 'the version of this command, and of the host that it talks to',
  group: 'Run',
  run: async cli => {
    const host = await findHost(cli)
    if (isJson(cli)) printJson(cli.io, { version: VERSION, node: process.versions.node, host: host?.version })
    else cli.io.out(`Longshore ${VERSION}, Node ${process.versions.node}, ${host ? `host ${host.version}` : 'no host runs'}`)
    return EXIT.ok
  },
}
