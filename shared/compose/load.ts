import { CodedError, type Place } from '../domain/errors.ts'
import { ServiceName } from '../domain/names.ts'
import { type ServiceSpec, StackSpec } from '../domain/spec.ts'
import type { Build } from './build.ts'
import { withConnections } from './connects.ts'
import type { Context, Note } from './context.ts'
import { Cursor } from './cursor.ts'
import { assertNoCycle, mayComplete, presentDependencies } from './dependencies.ts'
import { ModelReader, TOP_KEYS } from './model.ts'
import { sourceOf } from './mounted-files.ts'
import { readVolume } from './mounts.ts'
import { readNetwork } from './networks.ts'
import type { Mapping } from './node.ts'
import { placeAt } from './place-at.ts'
import { peersOf } from './process.ts'
import { SecretBook } from './secret-book.ts'
import { type ReadService, readService, type ServiceFields, serviceFields } from './service.ts'
import { stackName } from './stack-name.ts'
import { gatherVariables, type Read, type Variables } from './variables.ts'

export type LoadInput = {
  /** Absolute paths; later ones override earlier ones by Compose's merge rules. */
  readonly files: readonly string[]
  readonly projectName?: string
  readonly projectDirectory: string
  /** The caller's environment. */
  readonly env: Readonly<Record<string, string>>
  /** `--env-file`; without it `.env` of the project directory, if there is one. */
  readonly envFiles?: readonly string[]
  /** Profiles to switch on, beside COMPOSE_PROFILES; `*` is all of them. */
  readonly profiles?: readonly string[]
  /** A file's bytes, undefined where there is none. */
  readonly read: Read
}

export type Loaded = {
  readonly stack: StackSpec
  /** The values behind the references of `stack`, by name (M3). */
  readonly secrets: Record<string, string>
  /** Config contents by SHA-256 in hex. */
  readonly blobs: Record<string, Uint8Array>
  readonly builds: readonly Build[]
  readonly notes: readonly Note[]
  /** Where a dotted path ("services.web.ports") stands in the files. */
  readonly places: (path: string) => Place | undefined
}

type TopFields = { readonly [K in (typeof TOP_KEYS)[number]]?: Cursor }

/** Notes in the order of their making, each once: an alias repeats what it names. */
class Notes {
  readonly #notes = new Map<string, Note>()

  readonly add = (note: Note): void => {
    const { service, text, place } = note
    const key = JSON.stringify([text, service ?? '', place?.file ?? '', place?.line ?? 0, place?.column ?? 0])
    if (!this.#notes.has(key)) this.#notes.set(key, note)
  }

  all(): readonly Note[] {
    return [...this.#notes.values()]
  }
}

type Service = { readonly cursor: Cursor; readonly fields: ServiceFields; readonly profiles: readonly string[] }

/** Every service of the file with its keys checked, whether its profile is on or off. */
function allServices(context: Context, services: Cursor): ReadonlyMap<string, Service> {
  const all = services.entries().map(([name, cursor]) => {
    if (!ServiceName.safeParse(name).success) cursor.fail(`"${name}" is not a name for a service`)
    const fields = serviceFields(context, cursor)
    const profiles = fields.profiles?.items().map(item => item.text()) ?? []
    return [name, { cursor, fields, profiles }] as const
  })
  return new Map(all)
}

function switchedOn(input: LoadInput, variables: Variables): (profiles: readonly string[]) => boolean {
  const named = (variables.get('COMPOSE_PROFILES') ?? '').split(',').map(profile => profile.trim())
  const on = new Set([...named, ...(input.profiles ?? [])].filter(profile => profile !== ''))
  return profiles => profiles.length === 0 || on.has('*') || profiles.some(profile => on.has(profile))
}

const declared = (cursor: Cursor | undefined): ReadonlyMap<string, Cursor> => new Map(cursor?.entries() ?? [])

/** What no service uses is judged as well: a mistake there is one too. */
function checkDeclarations(context: Context, top: TopFields): void {
  if (top.version) context.note({ place: top.version.place, text: '"version" is obsolete and has no effect' })
  for (const [key, cursor] of context.networks) readNetwork(context, key, cursor)
  for (const [key, cursor] of context.volumes) readVolume(context, key, cursor)
  for (const cursor of context.configs.values()) sourceOf(context, 'config', cursor)
  for (const cursor of context.secrets.values()) sourceOf(context, 'secret', cursor)
}

/** The dependencies that hold, the networks of pairs, and the peers of processes: what a service's own keys do not tell. */
function connect(
  context: Context,
  read: ReadonlyMap<string, ReadService>,
  services: ReadonlyMap<string, Service>,
): ReadonlyMap<string, ServiceSpec> {
  const active = new Set(read.keys())
  const off = new Map([...services].filter(([name]) => !active.has(name)).map(([name, service]) => [name, service.profiles]))
  const dependsOn = (name: string) => services.get(name)!.fields.depends_on
  const alone = new Map([...read].map(([name, { spec }]) => [name, spec] as const))
  const connects = new Map([...read].flatMap(([name, { connects }]) => (connects ? [[name, connects] as const] : [])))
  const specs = new Map<string, ServiceSpec>()
  for (const [name, spec] of withConnections(context, alone, connects, off)) {
    specs.set(name, { ...spec, dependsOn: presentDependencies(spec.dependsOn, dependsOn(name), active, off) })
  }
  for (const [dependent, spec] of specs) {
    const awaited = Object.entries(spec.dependsOn).filter(([, { condition }]) => condition === 'service_completed_successfully')
    for (const [name] of awaited) specs.set(name, mayComplete(specs.get(name)!, dependent, read.get(name)?.restart))
  }
  const needs = new Map([...specs].map(([name, spec]) => [name, Object.keys(spec.dependsOn)]))
  assertNoCycle(needs, new Map([...specs.keys()].map(name => [name, dependsOn(name)])))
  const withPeers = ([name, spec]: readonly [string, ServiceSpec]) =>
    [name, spec.process ? { ...spec, process: { ...spec.process, peers: peersOf(name, specs) } } : spec] as const
  return new Map([...specs].map(withPeers))
}

/** The shape's own check, so that nothing leaves here that the API would refuse without a place. */
function validated(stack: StackSpec, root: Mapping): StackSpec {
  const result = StackSpec.safeParse(stack)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const place = placeAt(root, `services.${String(issue!.path[1])}`)
  throw new CodedError('LS-COMPOSE-VALUE', `${issue!.path.slice(3).join('.')}: ${issue!.message}`, place ? { place } : {})
}

function translate(context: Context, input: LoadInput, top: TopFields, root: Mapping): Pick<Loaded, 'stack' | 'builds'> {
  checkDeclarations(context, top)
  const services = allServices(context, top.services ?? noServices(input))
  if (services.size === 0) noServices(input)
  const isOn = switchedOn(input, context.variables)
  const active = [...services].filter(([, service]) => isOn(service.profiles))
  const read = new Map(active.map(([name, { cursor, fields }]) => [name, readService(context, name, cursor, fields)] as const))
  const wanted = [...connect(context, read, services)].map(([name, spec]) => {
    const { replicas } = read.get(name)!
    return [name, { spec, ...(replicas !== undefined && { replicas }) }] as const
  })
  const stack = validated({ name: context.stack, services: Object.fromEntries(wanted) }, root)
  return { stack, builds: [...read.values()].flatMap(({ build }) => build ?? []) }
}

function noServices(input: LoadInput): never {
  throw new CodedError('LS-COMPOSE-VALUE', 'the file names no services', { place: { file: input.files[0] ?? '', line: 1, column: 1 } })
}

/**
 * Compose files → StackSpec (CORE-RULES "Meaning of a file"). Every key is honoured, refused with its place, or told in a note. Equal
 * input gives equal output. `secrets` of the specs stays empty: the API fills it once the values are stored.
 * @throws CodedError LS-COMPOSE-*, LS-SPEC-LIMIT
 */
export function loadCompose(input: LoadInput): Loaded {
  const notes = new Notes()
  const note = (text: string, place: Place) => notes.add({ text, place })
  const outer = gatherVariables({ ...input, note })
  const reader = new ModelReader({ read: input.read, note })
  const sources = input.files.flatMap(file => reader.sources(file))
  const stack = stackName(input.projectName, input.projectDirectory, sources, outer)
  const variables = outer.withStack(stack)
  const root = reader.model({ files: input.files, folder: input.projectDirectory, variables })
  const top: TopFields = new Cursor(root, []).fields(TOP_KEYS)
  const context: Context = {
    ...{ stack, variables, read: input.read, note: notes.add },
    ...{ book: new SecretBook(), blobs: new Map<string, Uint8Array>() },
    ...{ networks: declared(top.networks), volumes: declared(top.volumes) },
    ...{ configs: declared(top.configs), secrets: declared(top.secrets) },
  }
  return {
    ...translate(context, input, top, root),
    secrets: context.book.all(),
    blobs: Object.fromEntries(context.blobs),
    notes: notes.all(),
    places: path => placeAt(root, path),
  }
}
