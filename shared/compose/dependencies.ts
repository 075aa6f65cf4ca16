import { dependencyCircle } from '../domain/dependency-circle.ts'
import { CodedError } from '../domain/errors.ts'
import { DependencyCondition, type ServiceSpec } from '../domain/spec.ts'
import { boolean, oneOf } from './amounts.ts'
import { Cursor } from './cursor.ts'
import { asMapping } from './node.ts'

type DependsOn = ServiceSpec['dependsOn']

/** `depends_on`, not yet compared with the services that there are. */
export function readDependsOn(cursor: Cursor): DependsOn {
  const mapping = asMapping(cursor.node, 'names')
  if (!mapping) return cursor.fail('"depends_on" takes a list of services or a mapping')
  const entries = new Cursor(mapping, cursor.steps, cursor.spot).entries().map(([name, value]) => {
    const fields = value.fields(['condition', 'restart', 'required'])
    return [
      name,
      {
        condition: fields.condition ? oneOf(fields.condition, DependencyCondition.options) : 'service_started',
        restart: fields.restart ? boolean(fields.restart) : false,
        required: fields.required ? boolean(fields.required) : true,
      },
    ] as const
  })
  return Object.fromEntries(entries)
}

/**
 * The dependencies on services that are deployed. One that is not required may be missing, or switched off by its profile.
 * @param profiles of the services that are switched off
 */
export function presentDependencies(
  dependsOn: DependsOn,
  cursor: Cursor | undefined,
  active: ReadonlySet<string>,
  profiles: ReadonlyMap<string, readonly string[]>,
): DependsOn {
  const kept = Object.entries(dependsOn).filter(([name, { required }]) => {
    if (active.has(name) || !required) return active.has(name)
    const off = profiles.get(name)
    return cursor!.fail(
      off ? `it depends on "${name}", which only the profiles ${off.join(', ')} switch on` : `it depends on "${name}", which is no service`,
    )
  })
  return Object.fromEntries(kept)
}

/**
 * What others wait for to complete must be allowed to end. Compose restarts nothing unless told so, and Longshore everything; here the
 * file means the former.
 * @param restart where the file names a policy
 * @throws CodedError LS-COMPOSE-VALUE when it names one that starts the service again whenever it ends
 */
export function mayComplete(spec: ServiceSpec, dependent: string, restart: Cursor | undefined): ServiceSpec {
  if (spec.restart.condition !== 'any') return spec
  if (!restart) return { ...spec, restart: { ...spec.restart, condition: 'none' } }
  return restart.fail(`"${dependent}" waits for this service to complete, and it is started again whenever it ends`, {
    hint: 'restart: "no" lets it end; restart: on-failure tries again until it succeeds',
  })
}

/** @throws CodedError LS-COMPOSE-CYCLE, naming the services of the circle in order */
export function assertNoCycle(
  dependencies: ReadonlyMap<string, readonly string[]>,
  cursors: ReadonlyMap<string, Cursor | undefined>,
): void {
  const circle = dependencyCircle(dependencies)
  if (!circle) return
  const place = cursors.get(circle[0]!)?.place
  throw new CodedError('LS-COMPOSE-CYCLE', `services depend on each other in a circle: ${circle.join(' → ')}`, place ? { place } : {})
}
