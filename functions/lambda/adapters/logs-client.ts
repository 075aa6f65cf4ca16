import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { PATIENCE } from '../patience.ts'

export const logsClient = (): CloudWatchLogsClient => new CloudWatchLogsClient(PATIENCE)
