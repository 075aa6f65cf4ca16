import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Address } from '../../domain/fact.ts'
import type { Probe } from '../../domain/probe.ts'
import { failed, failedBy, PASSED, type Tried, withinTime } from './tried.ts'

/**
 * GET; 200 to 399 passes (core/v1 HTTPGetAction). A redirect has passed and is not followed: it may lead to somebody else. Certificates are
 * not verified, as in Kubernetes: a task's own address is in none.
 */
export function tryHttp(address: Address, probe: NonNullable<Probe['http']>, timeoutMs: number): Promise<Tried> {
  return withinTime(timeoutMs, settle => {
    const headers = {
      'User-Agent': 'longshore-probe',
      Accept: '*/*',
      Connection: 'close',
      ...(probe.host && { Host: probe.host }),
      ...probe.headers,
    }
    const options = { ...address, path: probe.path, agent: false as const, headers }
    const asked = probe.scheme === 'https' ? requestHttps({ ...options, rejectUnauthorized: false }) : requestHttp(options)
    asked.on('response', ({ statusCode = 0 }) => settle(statusCode >= 200 && statusCode < 400 ? PASSED : failed(`HTTP ${statusCode}`)))
    asked.on('upgrade', () => settle(failed('HTTP 101')))
    asked.on('error', error => settle(failedBy(error)))
    asked.end()
    return () => asked.destroy()
  })
}
