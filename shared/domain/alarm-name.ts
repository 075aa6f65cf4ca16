/** The pair of CloudWatch alarms of a scaled service: they change state when a target is missed, and that wakes autoscaling. */
export type AlarmSide = 'high' | 'low'

export const alarmPrefix = (installation: string): string => `longshore/${installation}/`
export const alarmName = (installation: string, stream: string, side: AlarmSide): string => `${alarmPrefix(installation)}${stream}/${side}`

/** Undefined for alarms that are not of such a pair. */
export const streamOfAlarm = (name: string): string | undefined =>
  /^longshore\/[^/]+\/(service\/[^/]+\/[^/]+)\/(?:high|low)$/.exec(name)?.[1]

export const sideOfAlarm = (name: string): AlarmSide | undefined =>
  streamOfAlarm(name) === undefined ? undefined : (name.split('/').at(-1) as AlarmSide)
