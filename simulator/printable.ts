/** Names and places come from files and messages that anyone may have written; they must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
