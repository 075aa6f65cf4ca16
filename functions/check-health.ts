import { type CheckHealthPorts, checkHealth as checkStream } from '../shared/application/check-health.ts'
import { retire } from '../shared/application/retire.ts'
import type { Retirement } from '../shared/ports/retirement.ts'
import { onRecords, parseMessage } from './queue-trigger.ts'
import { readRetirement } from './retirement-message.ts'

type Told = { readonly stream: string } | { readonly stream: undefined; readonly retirement: Retirement }

/** Facts and wakes of one stream, and notices of retirement. */
export const checkHealth = (ports: CheckHealthPorts) =>
  onRecords(
    ({ body }) => parseTold(body),
    ({ stream = 'retirement' }) => stream,
    async all => {
      const [first] = all
      if (first?.stream !== undefined) return checkStream(ports, first.stream)
      for (const told of all) if ('retirement' in told) await retire(ports, told.retirement)
    },
  )

function parseTold(body: string): Told {
  const retirement = readRetirement(JSON.parse(body))
  return retirement ? { stream: undefined, retirement } : { stream: parseMessage(body).stream }
}
