import middy from '@middy/core'
import { type AuditPorts, audit as auditAll } from '../shared/application/audit.ts'

/** Hourly, and when a host starts (`everything`) (T2). */
export const audit = (ports: AuditPorts) =>
  middy<{ readonly everything?: boolean }, void>().handler(async event => {
    await auditAll(ports, { everything: event?.everything })
  })
