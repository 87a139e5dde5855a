/** A whole gateway inside the test, so that its clock is the test's. Its HTTP, MQTT, files and threads are real. */
import { join } from 'node:path'
import { createApp } from '../../gateway/app.ts'
import { loadConfig } from '../../gateway/config/load.ts'
import type { Clock } from '../../gateway/model.ts'
import { FIELD_USER, type GatewayPlan, GatewayProcess } from './gateway-process.ts'
import { createMemoryLog, type LogLine } from './memory-log.ts'

export interface AppInProcess {
  /** Asks it over HTTP, as if it were a process. */
  readonly gateway: GatewayProcess
  readonly lines: readonly LogLine[]
  remove(): Promise<void>
}

export async function startApp(plan: GatewayPlan, { clock }: { readonly clock: Clock }): Promise<AppInProcess> {
  const gateway = await GatewayProcess.create(plan)
  const environment = { ...plan.environment, FIELD_PASSWORD: FIELD_USER.password }
  const load = () => loadConfig(join(gateway.folder, 'outpost.yaml'), { environment })
  const first = load()
  if (!first.ok) throw new Error(first.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  const log = Object.assign(createMemoryLog(), { level: 'info' })
  const app = createApp(first.config, { clock, log, reload: load })
  await app.start()
  return {
    gateway,
    lines: log.lines,
    async remove() {
      await app.stop()
      await gateway.remove()
    },
  }
}
