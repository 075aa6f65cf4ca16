import { streamOfAlarm } from '../shared/domain/alarm-name.ts'
import { parseMessage } from './queue-trigger.ts'

/** What autoscale's queue brings; `demand`: a request waits for the service; `commit`: what its alarms follow from may have changed. */
export type ScalingMessage = { readonly stream: string; readonly kind: 'demand' | 'alarm' | 'commit' }

/** A demand of the router, an alarm's change of state (EventBridge's own shape), or a pointer from the bus. */
export function parseScaling(body: string): ScalingMessage {
  const { demand, detail } = JSON.parse(body) as {
    readonly demand?: { readonly stream: string }
    readonly detail?: { readonly alarmName?: string }
  }
  if (demand) return { stream: demand.stream, kind: 'demand' }
  if (detail?.alarmName === undefined) return { stream: parseMessage(body).stream, kind: 'commit' }
  const stream = streamOfAlarm(detail.alarmName)
  if (!stream) throw new TypeError(`no alarm of ours: ${detail.alarmName}`)
  return { stream, kind: 'alarm' }
}
