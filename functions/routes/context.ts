import type { HostInfo } from '../../shared/api/contract.ts'
import type { DeployPorts } from '../../shared/application/deploy.ts'
import type { LogPorts, Ports } from '../../shared/application/ports.ts'
import type { Tokens } from '../../shared/ports/tokens.ts'

/** What the API needs beside the log: `hosts` are the Host headers it answers to (DNS rebinding); absent where a gateway owns the name. */
export type ApiPorts = LogPorts &
  DeployPorts &
  Pick<Ports, 'readModel' | 'wakes' | 'registry' | 'execSessions'> & {
    readonly runtime: Pick<Ports['runtime'], 'logs'>
    readonly router: Pick<Ports['router'], 'address'>
    readonly tokens: Tokens
    readonly info: HostInfo
    readonly hosts?: readonly string[]
  }
