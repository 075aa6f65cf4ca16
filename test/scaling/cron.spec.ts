import { describe, expect, it } from 'vitest'
import { cronProblem, firingWithin, nextFiring } from '../../shared/domain/cron.ts'

const firings = (cron: string, zone: string, from: string, to: string): string[] => {
  const found: string[] = []
  for (let at = nextFiring(cron, zone, Date.parse(from)); at !== undefined && at <= Date.parse(to); at = nextFiring(cron, zone, at))
    found.push(new Date(at).toISOString())
  return found
}

describe('cron lines in a time zone', () => {
  it('case 37: 02:30 that comes twice fires once', () => {
    expect(firings('30 2 * * *', 'Europe/Berlin', '2023-10-28T12:00Z', '2023-10-29T12:00Z')).toEqual(['2023-10-29T00:30:00.000Z'])
  })
  it('case 37: 02:30 that does not come fires once, right after the gap', () => {
    expect(firings('30 2 * * *', 'Europe/Berlin', '2023-03-25T12:00Z', '2023-03-26T12:00Z')).toEqual(['2023-03-26T01:00:00.000Z'])
  })
  it('keeps local time over both changes', () => {
    expect(firings('0 8 * * *', 'America/New_York', '2024-03-09T00:00Z', '2024-03-11T00:00Z')).toEqual([
      '2024-03-09T13:00:00.000Z',
      '2024-03-10T12:00:00.000Z',
    ])
  })
  it('each half hour fires through the doubled hour, never twice at one instant', () => {
    const all = firings('*/30 * * * *', 'Europe/Berlin', '2023-10-29T00:00Z', '2023-10-29T03:00Z')
    expect(all).toHaveLength(6)
    expect(new Set(all).size).toBe(6)
  })
  it('a window ends on the clock of the world, not of the wall: 10 h over the change are 10 h', () => {
    const hours = 3_600_000
    const at = (time: string) => firingWithin('0 22 * * *', 'Europe/Berlin', 10 * hours, Date.parse(time)) !== undefined
    expect(at('2023-10-29T05:59:59Z')).toBe(true) // 22:00 summer time is 20:00Z
    expect(at('2023-10-29T06:00:01Z')).toBe(false)
  })
  it.each([
    ['autumn, when 02:30 comes twice', '2023-10-29T00:00Z', ['00:30', '00:45', '01:00']],
    ['spring, when it does not come', '2023-03-26T00:00Z', ['01:00', '01:15', '01:30']],
    ['a day like others', '2023-07-01T00:00Z', ['00:30', '00:45', '01:00']],
  ])('case 37: a window from 02:30 for 40 minutes is in force once: %s', (_, from, expected) => {
    const quarters = Array.from({ length: 16 }, (_, quarter) => Date.parse(from) + quarter * 900_000)
    const inForce = quarters.filter(now => firingWithin('30 2 * * *', 'Europe/Berlin', 40 * 60_000, now) !== undefined)
    expect(inForce.map(now => new Date(now).toISOString().slice(11, 16))).toEqual(expected)
  })
  it.each([
    ['0 8 * * *', 'Europe/Atlantis', 'no time zone'],
    ['0 8 * *', 'UTC', 'no cron line'],
    ['* * * * * *', 'UTC', 'no cron line'],
    ['61 8 * * *', 'UTC', 'no cron line'],
    ['0 0 31 2 *', 'UTC', 'never comes'],
    ['', 'UTC', 'no cron line'],
  ])('refuses %s in %s', (cron, zone, reason) => expect(cronProblem(cron, zone)).toContain(reason))
  it('takes what is good', () => expect(cronProblem('0 8 * * mon-fri', 'Asia/Kolkata')).toBeUndefined())
})
