import { told } from './environment.ts'

/** What stands in every task definition. On Fargate; logs in the template's group. */
export const FARGATE = () =>
  ({
    installation: told('installation'),
    region: process.env['AWS_REGION'] ?? '',
    capacity: { strategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
    executionRole: told('executionRole'),
    execRole: told('execRole'),
    filesImage: told('filesImage'),
    logGroup: told('logGroup'),
  }) as const
