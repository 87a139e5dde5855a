import type { Duplex } from 'node:stream'

export interface SerialLine {
  readonly type: 'modbus-rtu'
  readonly path: string
  readonly baudRate: number
  readonly parity?: 'none' | 'even' | 'odd'
  readonly dataBits?: 7 | 8
  readonly stopBits?: 1 | 2
}

/** Rejects with the path and the reason. The native module is loaded here, so that nothing else needs it. */
export async function openSerialPort(line: SerialLine): Promise<Duplex> {
  const { SerialPort } = await import('serialport')
  const { path, baudRate, parity = 'none', dataBits = 8, stopBits = 1 } = line
  const port = new SerialPort({ path, baudRate, parity, dataBits, stopBits, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(new Error(`serial port ${path}: ${error.message}`)) : resolve()))
  })
  return port
}
