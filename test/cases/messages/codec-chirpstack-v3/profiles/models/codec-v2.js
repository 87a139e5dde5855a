function Decoder(bytes, port) {
  return { level: (bytes[0] << 8) | bytes[1], port: port }
}
