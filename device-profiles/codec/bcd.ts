/** Binary-coded decimals: each four bits are one decimal digit. */

/** The number whose decimal digits are the hexadecimal digits of the word; null where a digit is above 9. */
export function numberFromBcd(word: number): number | null {
  let number = 0
  for (let shift = 28; shift >= 0; shift -= 4) {
    const digit = (word >>> shift) & 0xf
    if (digit > 9) return null
    number = number * 10 + digit
  }
  return number
}

/** `number`: a whole number from 0 to 99,999,999. */
export function bcdFromNumber(number: number): number {
  let word = 0
  let left = number
  for (let weight = 1; left > 0; weight *= 16) {
    word += (left % 10) * weight
    left = Math.floor(left / 10)
  }
  return word
}
