import type { HostInfo } from '../../shared/api/contract.ts'
import type { DeployPorts } from '../../shared/application/deploy.ts'
import type { LogPorts, Ports } from '../../shared/application/ports.ts'
import type { Tokens } from '../../shared/ports/tokens.ts'

/** `hosts` are the Host headers that are answered (DNS rebinding); absent where a gateway owns the name. */
export type Admission = { readonly tokens: Tokens; readonly hosts?: readonly string[] }

/** What looks at a spec before it is deployed. */
export type PlanningPorts = Pick<DeployPorts, 'runtime' | 'router'>
export type CommandPorts = LogPorts &
  Omit<DeployPorts, keyof PlanningPorts> &
  Admission &
  Pick<Ports, 'readModel' | 'wakes' | 'registry' | 'execSessions'>

export type QuestionPorts = LogPorts &
  Admission &
  Pick<Ports, 'readModel' | 'setting'> & {
    readonly runtime: Pick<Ports['runtime'], 'logs'>
    readonly router: Pick<Ports['router'], 'address'>
    readonly info: HostInfo
  }
