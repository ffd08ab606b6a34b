/** Quotes the input of a caller in messages: shortened, and with every character visible. */

const MAX_QUOTED_CHARACTERS = 100
/** Controls, format characters (such as zero-width ones), line separators and lone surrogates. */
const INVISIBLE = /[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}]/gu

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

/** Shortens a text to its first 100 characters. Writes invisible ones as `<U+0000>`. */
export function shorten(text: string): string {
  const characters = Array.from(text.slice(0, 2 * MAX_QUOTED_CHARACTERS + 2))
  const isLong = characters.length > MAX_QUOTED_CHARACTERS
  const start = characters.slice(0, MAX_QUOTED_CHARACTERS).join('')
  const visible = start.replaceAll(INVISIBLE, (character) => `<${codePoint(character)}>`)
  return isLong ? `${visible}…` : visible
}

/** Returns a shortened text in double quotes. */
export function quote(text: string): string {
  return `"${shorten(text)}"`
}

/** Describes the character at `index` by its code point and position, and shows it if visible. */
export function describeCharacter(text: string, index: number): string {
  const character = String.fromCodePoint(text.codePointAt(index)!)
  const position = Array.from(text.slice(0, index)).length + 1
  const isVisible = character.replace(INVISIBLE, '') !== ''
  const name = isVisible ? `"${character}" (${codePoint(character)})` : codePoint(character)
  return `the character ${name} at position ${position}`
}

/** Quotes a text, and names its first character that `allowed` does not match. */
export function quoteWithOther(text: string, allowed: RegExp): string {
  const other = describeOtherCharacter(text, allowed)
  return other === null ? quote(text) : `${quote(text)}, with ${other}`
}

/** Describes the first character of a text that `allowed` does not match; null if all match. */
function describeOtherCharacter(text: string, allowed: RegExp): string | null {
  let index = 0
  for (const character of text) {
    if (!allowed.test(character)) {
      return describeCharacter(text, index)
    }
    index += character.length
  }
  return null
}
