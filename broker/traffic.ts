/** What went through the broker since its start; each part adds to what it sees. */
export interface Traffic {
  packetsReceived: number
  bytesReceived: number
  /** PUBLISH packets to subscribers. */
  messagesSent: number
  /** QoS 0 messages that a client did not get because it read too slowly. */
  messagesDropped: number
  connectionsAccepted: number
}

export function createTraffic(): Traffic {
  return { packetsReceived: 0, bytesReceived: 0, messagesSent: 0, messagesDropped: 0, connectionsAccepted: 0 }
}
