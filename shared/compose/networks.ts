import type { Network } from '../domain/spec.ts'
import { boolean } from './amounts.ts'
import type { Context } from './context.ts'
import { Cursor } from './cursor.ts'
import { asMapping } from './node.ts'

/** `external: true`, or the older mapping with a name. */
export function readExternal(cursor: Cursor | undefined): { readonly isExternal: boolean; readonly name?: string } {
  if (!cursor) return { isExternal: false }
  if (cursor.node.kind !== 'map') return { isExternal: boolean(cursor) }
  const { name } = cursor.fields(['name'])
  return { isExternal: true, ...(name && { name: name.text() }) }
}

/** An engine's name for a network or volume: its own `name`, the bare key when it is external, else the stack's and the key. */
export function engineName(stack: string, key: string, own: { readonly isExternal: boolean; readonly name?: string }): string {
  return own.name ?? (own.isExternal ? key : `${stack}_${key}`)
}

const ENGINE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

export function readEngineName(cursor: Cursor): string {
  const name = cursor.text()
  return ENGINE_NAME.test(name) ? name : cursor.fail(`"${name}" is not a name that an engine accepts`)
}

/** A top-level network, without aliases. */
export function readNetwork(context: Context, key: string, cursor: Cursor | undefined): Omit<Network, 'aliases'> {
  const fields = cursor?.fields(['name', 'external', 'internal', 'driver'], ext => noteExtension(context, ext)) ?? {}
  if (fields.driver && fields.driver.text() !== 'bridge') {
    fields.driver.fail(`the network driver "${fields.driver.text()}" is not supported; bridge is`)
  }
  const external = readExternal(fields.external)
  const name = fields.name ? readEngineName(fields.name) : external.name
  return {
    name: engineName(context.stack, key, { isExternal: external.isExternal, ...(name && { name }) }),
    ...(external.isExternal && { external: true }),
    ...(fields.internal && boolean(fields.internal) && { internal: true }),
  }
}

/** An extension that is not at the top of the file might be a mistyped one of ours. */
export function noteExtension(context: Context, extension: Cursor): void {
  context.note({ place: extension.place, text: `"${extension.name}" is an extension of others and has no effect` })
}

/** A service's `networks`; without any, the stack's default network. */
export function readServiceNetworks(context: Context, cursor: Cursor | undefined): Network[] {
  const mapping = cursor && asMapping(cursor.node, 'names')
  if (cursor && !mapping) cursor.fail('"networks" takes a list of names or a mapping')
  const entries = mapping ? new Cursor(mapping, cursor!.steps, cursor!.spot).entries() : []
  if (entries.length === 0) return [{ ...readNetwork(context, 'default', context.networks.get('default')), aliases: [] }]
  return entries.map(([key, value]) => {
    const declared = context.networks.get(key)
    if (!declared && key !== 'default') value.fail(`there is no network "${key}" under the top-level networks`)
    const fields = value.fields(['aliases'], ext => noteExtension(context, ext))
    const aliases = fields.aliases?.items().map(item => item.text()) ?? []
    return { ...readNetwork(context, key, declared), aliases: [...new Set(aliases)] }
  })
}
