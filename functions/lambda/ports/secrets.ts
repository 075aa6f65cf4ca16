import type { AwsSecrets } from '../../../shared/adapters/secrets-manager/secrets.ts'
import { onFirstCall } from '../on-first-call.ts'

export const secrets = (): AwsSecrets =>
  onFirstCall(async () => (await import('../adapters/secrets.ts')).secrets(), ['put', 'preview', 'get', 'forget', 'valueFrom'])
