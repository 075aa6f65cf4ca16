import { type Context, hostPath } from './context.ts'
import type { Cursor } from './cursor.ts'
import { assignments } from './environment.ts'
import { noteExtension } from './networks.ts'

/** An image to be built before the deploy, and the tag that it gets. `dockerfile` counts from the context unless absolute. */
export type Build = {
  readonly service: string
  readonly image: string
  readonly context: string
  readonly dockerfile: string
  readonly args: Record<string, string>
  readonly target?: string
}

function contextFolder(cursor: Cursor): string {
  const text = cursor.text()
  if (/^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(text)) cursor.fail(`"${text}": building from elsewhere is not supported yet`)
  return hostPath(cursor)
}

/** Build arguments are no secrets to Docker either: they end up in the image's history. */
function readArgs(cursor: Cursor | undefined): Record<string, string> {
  const args = (cursor ? assignments(cursor) : []).flatMap(([key, value]) => {
    const text = value.isNull ? value.origin.variable(key)?.value : value.text()
    return text === undefined ? [] : [[key, text] as const]
  })
  return Object.fromEntries(args)
}

export function readBuild(context: Context, service: string, image: string, cursor: Cursor): Build {
  const plain = { service, image, dockerfile: 'Dockerfile' }
  if (cursor.isScalar) return { ...plain, context: contextFolder(cursor), args: {} }
  const fields = cursor.fields(['context', 'dockerfile', 'args', 'target'], ext => noteExtension(context, ext))
  return {
    ...plain,
    context: fields.context ? contextFolder(fields.context) : cursor.origin.folder,
    ...(fields.dockerfile && { dockerfile: fields.dockerfile.text() }),
    args: readArgs(fields.args),
    ...(fields.target && { target: fields.target.text() }),
  }
}
