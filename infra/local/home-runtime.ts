import type { ServiceSpec } from '../../shared/domain/spec.ts'
import type { Exec } from '../../shared/ports/exec.ts'
import type { Images, Runtime } from '../../shared/ports/runtime.ts'

/** A program goes to where the task is: beside a process, or into a container. */
export const createHomeExec = (process: Runtime, beside: Exec, docker: Exec | undefined): Exec => ({
  open: async (task, order) => (docker && !(await process.lookup(task.id)) ? docker : beside).open(task, order),
})

export type HomeRuntimes = { readonly process: Runtime; readonly docker?: Runtime & Images; readonly whyNoEngine?: string }

/**
 * One machine's runtime: containers where an engine answers, plain processes for services that say how where none does, or that have no
 * image (M5). Tasks of both kinds may live side by side; an id is found where its task is.
 */
export function createHomeRuntime({ process, docker, whyNoEngine }: HomeRuntimes): Runtime & Images {
  const all = docker ? [process, docker] : [process]
  const usesEngine = (spec: ServiceSpec) => docker !== undefined && spec.image !== undefined
  const pick = (spec: ServiceSpec): Runtime => (docker && usesEngine(spec) ? docker : process)
  const ownerOf = async (id: string): Promise<Runtime> => (docker && !(await process.lookup(id)) ? docker : process)
  return {
    name: docker ? 'docker' : 'process',
    prepare: async (spec, start) => {
      const answer = await pick(spec).prepare(spec, start)
      if (!answer || !('refused' in answer) || docker || spec.process) return answer
      return {
        refused: `it can only run as a container, and ${whyNoEngine}. Say how it runs as a process under x-longshore.process, or start an engine`,
      }
    },
    resolve: async (reference, spec) => (docker && usesEngine(spec) ? docker.resolve(reference, spec) : undefined),
    start: request => pick(request.spec).start(request),
    stop: async (id, options) => (await ownerOf(id)).stop(id, options),
    lookup: async id => (await process.lookup(id)) ?? docker?.lookup(id),
    list: async () => (await Promise.all(all.map(runtime => runtime.list()))).flat(),
    watch: onSeen => {
      const watches = all.map(runtime => runtime.watch(onSeen))
      return {
        close: () => {
          for (const watch of watches) watch.close()
        },
      }
    },
    exec: async (id, command, timeoutMs) => (await ownerOf(id)).exec!(id, command, timeoutMs),
    logs: async (id, query) => (await ownerOf(id)).logs(id, query),
    collect: async before => {
      await Promise.all(all.map(runtime => runtime.collect(before)))
    },
    removeStack: async (stack, options) => {
      await Promise.all(all.map(runtime => runtime.removeStack(stack, options)))
    },
  }
}
