import { spawn } from 'node:child_process'
import type { ExecPlace } from '../shared/api/contract.ts'
import { CodedError } from '../shared/domain/errors.ts'
import type { Io } from './io.ts'

/** AWS's own program for sessions of Systems Manager, whose protocol it alone speaks; the AWS CLI hands over to it likewise. */
const PLUGIN = 'session-manager-plugin'

/** @throws CodedError LS-PLUGIN-MISSING */
export async function needPlugin(io: Pick<Io, 'env'>): Promise<void> {
  await run(io, ['--version'], 'ignore')
}

/** The terminal is the plugin's until the session is over; answers the plugin's exit code, since it tells nothing of the program's. */
export function walkIn(io: Pick<Io, 'env'>, { sessionId, streamUrl, tokenValue, target, region }: ExecPlace): Promise<number> {
  const session = JSON.stringify({ SessionId: sessionId, StreamUrl: streamUrl, TokenValue: tokenValue })
  const noProfile = ''
  return run(
    io,
    [session, region, 'StartSession', noProfile, JSON.stringify({ Target: target }), `https://ssm.${region}.amazonaws.com`],
    'inherit',
  )
}

function run({ env }: Pick<Io, 'env'>, args: readonly string[], stdio: 'inherit' | 'ignore'): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(PLUGIN, args, { stdio, env: { ...env } })
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 130 : 1)))
    child.on('error', error => reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? missing() : error))
  })
}

const missing = () =>
  new CodedError('LS-PLUGIN-MISSING', `${PLUGIN} is not installed: it carries what is typed and said into a task on AWS`, {
    hint: 'AWS offers it for every system: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
  })
