import { basename } from 'node:path'
import { isScalar } from 'yaml'
import { CodedError, type Place } from '../domain/errors.ts'
import { StackName } from '../domain/names.ts'
import { interpolate } from './interpolate.ts'
import { textOf } from './node.ts'
import type { Source } from './tree.ts'
import type { Variables } from './variables.ts'

/** What the files' own top-level `name` says, the last one winning; read before all else, because the other values may refer to it. */
function nameInFiles(sources: readonly Source[], variables: Variables): { readonly name: string; readonly place: Place } | undefined {
  const found = sources.flatMap(({ file, document, lines }) => {
    const node = document.getIn(['name'], true)
    if (!isScalar(node) || node.value === null || node.value === undefined || !node.range) return []
    const { line, col } = lines.linePos(node.range[0])
    const place: Place = { file, line, column: col, path: 'name' }
    const fail = (message: string, hint?: string): never => {
      throw new CodedError('LS-COMPOSE-VARIABLE', message, { place, ...(hint && { hint }) })
    }
    return [{ name: textOf(interpolate(String(node.value), { lookup: variables.lookup, unset: () => {}, fail })), place }]
  })
  return found.findLast(({ name }) => name !== '')
}

function checked(name: string, from: string, place?: Place): string {
  if (StackName.safeParse(name).success) return name
  const hint = 'lowercase letters, digits, - and _, beginning with a letter or digit, at most 63'
  throw new CodedError('LS-COMPOSE-VALUE', `"${name}" (${from}) is not a name for a stack`, { hint, ...(place && { place }) })
}

/**
 * The stack's name: what was asked for, COMPOSE_PROJECT_NAME, the file's `name`, or the project folder's name made to fit.
 * @throws CodedError LS-COMPOSE-VALUE, LS-COMPOSE-VARIABLE
 */
export function stackName(asked: string | undefined, projectDirectory: string, sources: readonly Source[], variables: Variables): string {
  if (asked) return checked(asked, 'the name asked for')
  const fromVariable = variables.get('COMPOSE_PROJECT_NAME')
  if (fromVariable) return checked(fromVariable, 'COMPOSE_PROJECT_NAME')
  const own = nameInFiles(sources, variables)
  if (own) return checked(own.name, "the file's name", own.place)
  const folder = basename(projectDirectory)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
  return checked(folder.replace(/^[_-]+/, '').slice(0, 63), `from the folder ${projectDirectory}; -p names another`)
}
