import type { CommandSpec } from './command.ts'
import { config } from './commands/config.ts'
import { context } from './commands/context.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { exec } from './commands/exec.ts'
import { abort, pause, resume } from './commands/hold.ts'
import { host } from './commands/host.ts'
import { explain, history, ls, ps, rebuild, status } from './commands/look.ts'
import { rollback } from './commands/rollback.ts'
import { restart, scale, start, stop } from './commands/running.ts'
import { events, logs } from './commands/tail.ts'
import { diff, up } from './commands/up.ts'
import { version } from './commands/version.ts'

/** Every command, in the order of --help. */
export const COMMANDS: readonly CommandSpec[] = [
  up,
  down,
  rollback,
  pause,
  resume,
  abort,
  ps,
  ls,
  status,
  logs,
  events,
  history,
  explain,
  diff,
  config,
  scale,
  restart,
  stop,
  start,
  exec,
  host,
  context,
  rebuild,
  doctor,
  version,
]
