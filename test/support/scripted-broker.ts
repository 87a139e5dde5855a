import type { Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { startTcpServer } from './failing-server.ts'

export interface ScriptedBroker {
  readonly url: string
  /** Packets that came, over all connections. */
  readonly packets: readonly Packet[]
  close(): Promise<void>
}

/**
 * An MQTT server that answers each packet as the test says: `undefined` for silence, 'cut' to drop the connection.
 * Only for what no real broker does on request.
 */
export async function startScriptedBroker(
  answer: (packet: Packet, count: number) => Packet | 'cut' | undefined,
  protocolVersion: 4 | 5 = 5,
): Promise<ScriptedBroker> {
  const packets: Packet[] = []
  const server = await startTcpServer((socket: Socket) => {
    const parser = mqttPacket.parser({ protocolVersion })
    parser.on('packet', (packet) => {
      packets.push(packet)
      const reply = answer(packet, packets.length)
      if (reply === 'cut') socket.destroy()
      else if (reply !== undefined) socket.write(mqttPacket.generate(reply, { protocolVersion }))
    })
    socket.on('data', (data) => parser.parse(data))
  })
  return { url: `mqtt://127.0.0.1:${server.port}`, packets, close: () => server.close() }
}
