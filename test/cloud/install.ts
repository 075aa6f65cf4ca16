import { installEmulator } from './emulator.ts'

/** Once, before any file: how long PyPI takes is no hook's time. */
export default function setup(): void {
  installEmulator()
}
