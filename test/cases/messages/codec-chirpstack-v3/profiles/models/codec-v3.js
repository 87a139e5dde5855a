function Decode(fPort, bytes, variables) {
  return { level: (bytes[0] << 8) | bytes[1], port: fPort }
}
