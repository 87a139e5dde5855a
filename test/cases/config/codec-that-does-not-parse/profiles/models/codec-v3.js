function Decode(fPort, bytes) {
  return { level: bytes[0] }
//});
