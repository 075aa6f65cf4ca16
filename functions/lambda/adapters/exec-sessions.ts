import { ECSClient } from '@aws-sdk/client-ecs'
import { createExecSessions } from '../../../shared/adapters/ecs/exec-sessions.ts'
import type { ExecSessions } from '../../../shared/ports/exec-sessions.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const execSessions = (): ExecSessions =>
  createExecSessions({ ecs: new ECSClient(PATIENCE), cluster: told('cluster'), region: process.env['AWS_REGION'] ?? '' })
