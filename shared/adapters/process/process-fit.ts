import { userInfo } from 'node:os'
import type { Mount, ServiceSpec } from '../../domain/spec.ts'
import { variableName } from './process-order.ts'

type Rule = { readonly reason: (spec: ServiceSpec) => string | undefined }

/** A bind of a path onto itself is what a process sees anyway. */
const isHonoured = (mount: Mount): boolean => mount.type === 'bind' && mount.source === mount.target && !mount.readOnly

const isMe = (user: string): boolean => {
  const me = userInfo()
  const name = user.split(':')[0]
  return name === me.username || name === String(me.uid)
}

/**
 * What a program would miss as a plain process, first match wins. Restrictions are another matter (limits of memory and CPUs, networks,
 * `cap_drop`, `read_only`, `ulimits`, owners of files): no system-wide means enforces them on a process without more rights, so a process has none of
 * them. The author chose that with `x-longshore.process`.
 */
const RULES: readonly Rule[] = [
  { reason: spec => (spec.process ? undefined : 'it does not say how it runs as a process (x-longshore.process)') },
  {
    reason: spec => {
      const mount = spec.volumes.find(one => !isHonoured(one))
      return mount && `a process cannot have the ${mount.type} mount at ${mount.target}`
    },
  },
  {
    reason: spec => {
      const names = spec.files.map(file => variableName(file.name))
      const twice = names.find((name, index) => names.indexOf(name) !== index)
      return twice && `two of its configs and secrets would both be LONGSHORE_FILE_${twice}`
    },
  },
  { reason: spec => (spec.privileged ? 'a process cannot be privileged' : undefined) },
  { reason: spec => (spec.capAdd?.length ? `a process cannot be given capabilities (${spec.capAdd.join(', ')})` : undefined) },
  { reason: spec => (spec.user && !isMe(spec.user) ? `a process runs as ${userInfo().username}, not as ${spec.user}` : undefined) },
]

/** Why this spec can never run as a process; undefined when it can. */
export function whyUnfit(spec: ServiceSpec): string | undefined {
  for (const rule of RULES) {
    const reason = rule.reason(spec)
    if (reason) return reason
  }
  return undefined
}
