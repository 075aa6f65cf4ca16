import type { History, StackStatus } from '../../shared/api/contract.ts'
import { type CommandSpec, isJson, printJson, printLines } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { needHost } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { renderTable } from '../render/table.ts'

type Row = { readonly container: string; readonly repository: string; readonly tag: string; readonly id: string }

/** A colon behind the last slash begins the tag; one before it is a registry's port. */
function splitImage(image: string): Pick<Row, 'repository' | 'tag'> {
  const named = image.split('@')[0]!
  const colon = named.lastIndexOf(':')
  if (colon <= named.lastIndexOf('/')) return { repository: named, tag: 'latest' }
  return { repository: named.slice(0, colon), tag: named.slice(colon + 1) }
}

/** Of each task the image of its own revision, which need not be the newest. */
function rowsOf({ stack, services }: StackStatus, { revisions }: History): readonly Row[] {
  return services.flatMap(({ service, tasks }) =>
    tasks.flatMap(({ number, revision }) => {
      const ran = revisions.find(other => other.service === service && other.revision === revision)
      if (!ran?.image) return []
      const id =
        ran.digest
          ?.split('@')
          .at(-1)
          ?.replace(/^sha256:/, '')
          .slice(0, 12) ?? '-'
      return [{ container: `${stack}-${service}-${number}`, ...splitImage(ran.image), id }]
    }),
  )
}

export const images: CommandSpec = {
  name: 'images',
  summary: 'the image of each task, as it was resolved for its revision',
  group: 'Look',
  run: async cli => {
    await needHost(cli)
    const stack = await stackNameOf(cli)
    const [status, history] = await Promise.all([cli.api.status(stack), cli.api.history(stack)])
    const rows = rowsOf(status, history)
    if (isJson(cli)) printJson(cli.io, rows)
    else
      printLines(
        cli.io,
        renderTable(
          ['CONTAINER', 'REPOSITORY', 'TAG', 'IMAGE ID'],
          rows.map(({ container, repository, tag, id }) => [container, repository, tag, id]),
        ),
      )
    return EXIT.ok
  },
}
