function decodeUplink(input) {
  switch (input.bytes[0]) {
    case 0:
      for (;;);
    case 1:
      for (var all = []; ; ) all.push(new Array(10000).fill(all))
    case 2:
      Object.prototype.level = 5
      JSON.parse = JSON.stringify = null
      return { data: { ['__proto__']: { level: 5 } } }
    case 3:
      return { data: { level: 1, note: 'x'.repeat(1e7) } }
    default:
      return { data: { level: 0.05 } }
  }
}
