import { type CommandSpec, isJson, printJson } from '../command.ts'
import { loadStack } from '../compose-files.ts'
import { EXIT } from '../exit-codes.ts'
import { placeText } from '../render/error.ts'

export const config: CommandSpec = {
  name: 'config',
  summary: 'the Compose files as Longshore reads them: merged, with variables put in and secrets by name only',
  group: 'Look',
  run: async cli => {
    const { stack, notes } = await loadStack(cli)
    const { renderConfig } = await import('../../shared/compose/render.ts')
    if (isJson(cli)) printJson(cli.io, { ...stack, notes })
    else cli.io.write(renderConfig(stack))
    if (!isJson(cli)) for (const { place, text } of notes) cli.io.err(`note: ${place ? `${placeText(place, cli.io.cwd)}  ` : ''}${text}`)
    return EXIT.ok
  },
}
