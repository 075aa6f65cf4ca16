import { hashOf } from './hash.ts'

/** What makes the tasks of one installation its own. The epoch rises when a log is restored from a backup (E7). */
export type Installation = { readonly id: string; readonly epoch: number }

/**
 * E1: `web-7-4f1c2b9ad0e37755`, at most 36 characters. The hash of (installation, epoch, stream, version of the intent's commit, index)
 * makes it unique, since only one commit wins a version; service and number are there for people who list containers.
 */
export function taskId(installation: Installation, stream: string, version: number, index: number, number: number): string {
  const service = stream.slice(stream.lastIndexOf('/') + 1)
  const hash = hashOf([installation.id, installation.epoch, stream, version, index]).slice(0, 16)
  const readable = `${
    service
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, 12) || 'task'
  }-${number % 1_000_000}`
  return `${readable}-${hash}`
}
