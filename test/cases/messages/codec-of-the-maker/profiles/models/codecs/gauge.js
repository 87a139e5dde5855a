function decodeUplink(input) {
  var level = (input.bytes[2] << 8) | input.bytes[3]
  switch (input.bytes[0]) {
    case 1:
      return { data: { level: level }, warnings: input.bytes[1] ? ['sensor is dirty'] : [] }
    case 2:
      return { errors: ['unknown frame'] }
    case 3:
      throw new Error('not for this firmware')
    case 4:
      return {
        data: {
          level: level,
          history: [
            { level: 1, timestamp: 1795414800 },
            { level: 2, timestamp: 5 },
          ],
        },
      }
    default:
      return { data: { level: level / 0 } }
  }
}
