/** Reads and writes the few XML elements of the S3 API. Their texts have no elements of their own. */

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The content of each element with this name, with its XML. */
export function readElements(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g')
  return [...xml.matchAll(pattern)].map(([, content]) => content!)
}

/** The text of the first element with this name; null if there is none. */
export function readElement(xml: string, name: string): string | null {
  const [content] = readElements(xml, name)
  return content === undefined ? null : unescapeXml(content)
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (hex !== undefined || decimal !== undefined) {
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
    }
    return ENTITIES[name as string] ?? entity
  })
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
