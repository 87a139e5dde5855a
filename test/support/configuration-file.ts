import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { GatewayProcess } from './gateway-process.ts'

/** The configuration file of a gateway as an engineer edits it while the gateway runs. */
export class ConfigurationFile {
  readonly path: string

  constructor(gateway: GatewayProcess) {
    this.path = join(gateway.folder, 'outpost.yaml')
  }

  get text(): string {
    return readFileSync(this.path, 'utf8')
  }

  write(text: string): void {
    writeFileSync(this.path, text)
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests change in it what they like
  edit(change: (file: any) => void): void {
    // A copy without shared parts: what the file says once for two devices is changed for one.
    const file = JSON.parse(JSON.stringify(parse(this.text)))
    change(file)
    this.write(stringify(file))
  }
}
