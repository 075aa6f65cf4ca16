/** Keys that Compose knows and Longshore refuses, by path pattern, with the reason that the person gets to read. */
const LATER = 'not yet'

const SERVICE_REASONS: Readonly<Record<string, string>> = {
  container_name: 'a service runs as several tasks over time, each with a name of its own',
  links: 'services of one network find each other by name; use networks and aliases',
  external_links: 'services of other stacks are reached by an external network',
  network_mode: 'not supported yet; a service has networks of its own',
  mac_address: 'each task gets its own address',
  logging: 'the engine keeps the logs, and `longshore logs` reads them; other drivers are not supported yet',
  stdin_open: 'tasks run without a terminal of yours; `longshore exec` opens one',
}

const REASONS: Readonly<Record<string, string>> = {
  models: LATER,
  'x-longshore': 'it belongs on a service',
  'services.*.deploy.placement': LATER,
  'services.*.deploy.endpoint_mode': 'requests go through the router',
  'services.*.deploy.resources.reservations.devices': LATER,
  'services.*.deploy.resources.reservations.generic_resources': LATER,
  'volumes.*.driver_opts': LATER,
  'volumes.*.labels': LATER,
  'networks.*.ipam': 'subnets are chosen by Longshore',
  'networks.*.driver_opts': LATER,
  'networks.*.attachable': LATER,
  'networks.*.enable_ipv6': LATER,
  'networks.*.enable_ipv4': LATER,
  'networks.*.labels': LATER,
  'configs.*.external': 'only file, content and environment are sources of a config',
  'configs.*.template_driver': LATER,
  'configs.*.labels': LATER,
  'secrets.*.external': 'only file and environment are sources of a secret',
  'secrets.*.driver': LATER,
  'secrets.*.driver_opts': LATER,
  'secrets.*.template_driver': LATER,
  'secrets.*.labels': LATER,
  'services.*.volumes.*.bind.propagation': LATER,
  'services.*.volumes.*.bind.selinux': LATER,
  'services.*.volumes.*.bind.recursive': LATER,
  'services.*.volumes.*.volume.subpath': LATER,
  'services.*.volumes.*.volume.nocopy': LATER,
  'services.*.volumes.*.volume.labels': LATER,
  'services.*.volumes.*.image': LATER,
  'services.*.volumes.*.tmpfs.mode': LATER,
  'services.*.networks.*.ipv4_address': 'each task gets its own address',
  'services.*.networks.*.ipv6_address': 'each task gets its own address',
  'services.*.networks.*.link_local_ips': 'each task gets its own address',
  'services.*.networks.*.mac_address': 'each task gets its own address',
  'services.*.networks.*.priority': LATER,
  'services.*.networks.*.gw_priority': LATER,
  'services.*.networks.*.interface_name': LATER,
  'services.*.networks.*.driver_opts': LATER,
}

/** The service keys of the Compose specification that nothing more is said about. */
const OTHER_SERVICE_KEYS =
  `annotations attach blkio_config cgroup cgroup_parent cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares
  cpuset credential_spec develop device_cgroup_rules devices dns dns_opt dns_search domainname extra_hosts gpus group_add ipc isolation
  label_file mem_swappiness memswap_limit models oom_kill_disable oom_score_adj pid platform post_start pre_stop provider runtime
  security_opt shm_size storage_opt sysctls ulimits use_api_socket userns_mode uts volumes_from`.split(/\s+/)

const OTHER_BUILD_KEYS =
  `additional_contexts cache_from cache_to dockerfile_inline entitlements extra_hosts isolation labels network no_cache platforms
  privileged provenance pull sbom secrets shm_size ssh tags ulimits`.split(/\s+/)

/** Why a key that Compose or Longshore knows is refused; undefined for one that neither knows. */
export function reasonFor(steps: readonly string[]): string | undefined {
  const fits = (pattern: string) => {
    const wanted = pattern.split('.')
    return wanted.length === steps.length && wanted.every((step, i) => step === '*' || step === steps[i])
  }
  const direct = Object.entries(REASONS).find(([pattern]) => fits(pattern))?.[1]
  if (direct) return direct
  if (steps[0] !== 'services') return undefined
  if (steps[2] === 'x-longshore' && (steps[3] === 'scale' || steps[3] === 'probes') && steps.length > 4) return undefined
  if (steps[2] === 'x-longshore')
    return 'x-longshore knows process, probes, scale, exec, connects, volumes.<name>.shared and deploy.maxSurge/maxUnavailable so far'
  if (steps.length === 3) return SERVICE_REASONS[steps[2]!] ?? (OTHER_SERVICE_KEYS.includes(steps[2]!) ? LATER : undefined)
  return steps.length === 4 && steps[2] === 'build' && OTHER_BUILD_KEYS.includes(steps[3]!) ? LATER : undefined
}

/** How many letters were left out, added, mistaken for another, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const mistaken = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, mistaken, isSwapped ? before[j - 2]! + 1 : mistaken))
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** The known key that was probably meant. */
export function nearest(key: string, known: readonly string[]): string | undefined {
  if (key.length > 40) return undefined
  const ranked = known.map(name => ({ name, far: distance(key, name) })).sort((a, b) => a.far - b.far)
  return ranked[0] && ranked[0].far <= Math.max(1, Math.floor(key.length / 3)) ? ranked[0].name : undefined
}
