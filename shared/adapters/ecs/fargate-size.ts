import type { Resources } from '../../domain/spec.ts'

/** CPU in units (1024 = one core), memory in MiB. */
export type TaskSize = { readonly cpu: number; readonly memory: number }

const range = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * 1_024)

/** AWS's table of task sizes, smallest first (Amazon ECS developer guide, "Task CPU and memory"). */
const SIZES: readonly { readonly cpu: number; readonly memory: readonly number[] }[] = [
  { cpu: 256, memory: [512, 1_024, 2_048] },
  { cpu: 512, memory: range(1, 4, 1) },
  { cpu: 1_024, memory: range(2, 8, 1) },
  { cpu: 2_048, memory: range(4, 16, 1) },
  { cpu: 4_096, memory: range(8, 30, 1) },
  { cpu: 8_192, memory: range(16, 60, 4) },
  { cpu: 16_384, memory: range(32, 120, 8) },
]

const MIB = 1_048_576

export const cpuUnits = (cpus: number): number => Math.ceil(cpus * 1_024)
export const mebibytes = (bytes: number): number => Math.ceil(bytes / MIB)

/** The smallest size that holds what the spec asks for; undefined when none does. */
export function fargateSize({ cpus = 0, memory = 0, memoryReservation = 0 }: Resources): TaskSize | undefined {
  const wanted = { cpu: cpuUnits(cpus), memory: mebibytes(Math.max(memory, memoryReservation)) }
  for (const { cpu, memory: choices } of SIZES) {
    const fits = choices.find(choice => choice >= wanted.memory)
    if (cpu >= wanted.cpu && fits !== undefined) return { cpu, memory: fits }
  }
  return undefined
}

export const sizeText = ({ cpu, memory }: TaskSize): string => `${cpu / 1_024} vCPU and ${memory / 1_024} GB`

/** What the plan tells: that the task is larger than what was asked for, or what it gets where nothing was. */
export function sizeNote(resources: Resources): string | undefined {
  const size = fargateSize(resources)
  if (!size) return undefined
  const { cpus, memory, memoryReservation } = resources
  const asked = Math.max(memory ?? 0, memoryReservation ?? 0)
  if (cpus === undefined && asked === 0) return `runs with ${sizeText(size)}, the smallest size on Fargate`
  const isExact = cpuUnits(cpus ?? 0) === size.cpu && mebibytes(asked) === size.memory
  return isExact ? undefined : `runs with ${sizeText(size)}, the smallest size on Fargate that holds what it asks for`
}
