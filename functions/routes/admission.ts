import { CodedError } from '../../shared/domain/errors.ts'
import type { Admission } from './context.ts'

/**
 * Who asks. Never open: the Host header must be ours, and the token known.
 * @throws CodedError LS-HOST-HEADER, LS-UNAUTHENTICATED
 */
export async function actorOf(
  { hosts, tokens }: Admission,
  { host = '', authorization = '' }: { readonly host?: string; readonly authorization?: string },
): Promise<string> {
  if (hosts && !hosts.includes(host.replace(/:\d+$/, '').toLowerCase()))
    throw new CodedError('LS-HOST-HEADER', `this server is not ${host.slice(0, 100)}`)
  const token = /^Bearer (\S+)$/.exec(authorization)?.[1]
  const actor = token && (await tokens.actorOf(token))
  if (!actor)
    throw new CodedError('LS-UNAUTHENTICATED', 'the token is missing or unknown', {
      hint: 'The CLI finds it in the data folder; elsewhere send Authorization: Bearer <token>.',
    })
  return actor
}
