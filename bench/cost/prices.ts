/**
 * us-east-1, US dollars, without any free tier, 2026-11. Each line of AWS's price lists stands once here; whoever pays other prices changes
 * this file and runs `npm run cost` again.
 */
export const PRICES = {
  /** DynamoDB on demand, a million request units. */
  dynamoWrite: 0.625 / 1e6,
  dynamoRead: 0.125 / 1e6,
  /** EventBridge: what we put on our own bus; AWS's own events are free. */
  busEvent: 1 / 1e6,
  schedule: 1 / 1e6,
  sqsRequest: 0.4 / 1e6,
  /** Lambda on arm64. */
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133,
  apiRequest: 1 / 1e6,
  secretRequest: 5 / 1e6,
  /** GetMetricData, one metric. */
  metricRead: 0.01 / 1e3,
  logGb: 0.5,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  secretMonth: 0.4,
  /** Application Load Balancer, and one capacity unit: 25 new connections a second, or 3,000 open ones, or 1 GB an hour. */
  albHour: 0.0225,
  lcuHour: 0.008,
  /** Fargate on arm64. */
  vcpuHour: 0.03238,
  memoryGbHour: 0.00356,
  /** Each task in a public subnet has one; a NAT gateway, from about ten tasks a zone, is cheaper and is there when it is asked for. */
  publicAddressHour: 0.005,
} as const

export type Item = keyof typeof PRICES
export const HOURS = 730
export const DAYS = 30.4
