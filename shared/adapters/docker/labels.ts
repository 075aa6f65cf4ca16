import { hashOf } from '../../domain/hash.ts'
import type { StartRequest } from '../../ports/runtime.ts'

/** What tells our containers, networks and volumes from everybody else's. */
export const LABEL = {
  installation: 'longshore.installation',
  stack: 'longshore.stack',
  service: 'longshore.service',
  stream: 'longshore.stream',
  intent: 'longshore.intent',
  task: 'longshore.task',
  revision: 'longshore.revision',
} as const

/** M6: ours, and Compose's own, so that people's tools see the tasks. The user's labels never hide either. */
export const labelsOf = (request: StartRequest, own: Readonly<Record<string, string>>): Record<string, string> => ({
  ...own,
  [LABEL.installation]: request.installation,
  [LABEL.stack]: request.stack,
  [LABEL.service]: request.service,
  [LABEL.stream]: request.stream,
  [LABEL.intent]: String(request.intent),
  [LABEL.task]: `${request.service}.${request.number}`,
  [LABEL.revision]: String(request.revision),
  'com.docker.compose.project': request.stack,
  'com.docker.compose.service': request.service,
  'com.docker.compose.container-number': String(request.number),
  'com.docker.compose.config-hash': hashOf(request.spec),
  'com.docker.compose.oneoff': 'False',
})

/** For networks and volumes of a stack. */
export const stackLabels = (installation: string, stack: string): Record<string, string> => ({
  [LABEL.installation]: installation,
  [LABEL.stack]: stack,
  'com.docker.compose.project': stack,
})

export const isOf = (installation: string, labels: Readonly<Record<string, string>> | undefined | null): boolean =>
  labels?.[LABEL.installation] === installation
