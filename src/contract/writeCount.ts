/** Writes a number with its noun: "1 byte", "20 bytes". */
export function writeCount(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`
}
