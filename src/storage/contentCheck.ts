/** Whether a file is what its name says, by its leading bytes. */
import { fileTypeFromBuffer } from 'file-type'
import { EXTENSIONS, findFamily, readExtension } from '../contract/fileTypes.ts'

/** As many leading bytes as file-type asks for to tell all that it knows. */
export const SNIFF_BYTES = 4_100

const TIME = String.raw`(\d+:)?\d{1,2}:\d{2}[,.]\d{1,3}`
/** How subtitles begin; they have no bytes of their own that would tell. */
const SUBTITLES: Record<string, { begins: RegExp; how: string }> = {
  vtt: { begins: /^WEBVTT(?=[ \t\r\n]|$)/, how: 'with the line WEBVTT' },
  srt: {
    begins: new RegExp(String.raw`^\s*(\d+[ \t]*\r?\n)?[ \t]*${TIME}[ \t]*-->`),
    how: 'with the number of a cue or its time (00:00:01,000 --> 00:00:02,000)',
  },
}

function subtitleProblem(extension: string, leading: Uint8Array): string | null {
  const { begins, how } = SUBTITLES[extension]!
  let text: string
  try {
    // The last character may be cut in two.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(leading, {
      stream: true,
    })
  } catch {
    return 'The content is no text in UTF-8: save the subtitles as that.'
  }
  if (!text.includes('\0') && begins.test(text)) {
    return null
  }
  return `The content is no .${extension}, which begins ${how}.`
}

/** Says what is wrong with a name and the bytes that the file begins with, or null. */
export async function findContentProblem(
  path: string,
  leading: Uint8Array,
): Promise<string | null> {
  const extension = readExtension(path)
  if (extension === null) {
    return `The name ${path} must end in one of .${EXTENSIONS.join(', .')}`
  }
  if (leading.length === 0) {
    return 'The file is empty.'
  }
  const found = await fileTypeFromBuffer(leading)
  if (!found && extension in SUBTITLES) {
    return subtitleProblem(extension, leading)
  }
  if (!found) {
    return `The content is no media that is known; .${extension} was expected.`
  }
  if (findFamily(found.ext) === findFamily(extension)) {
    return null
  }
  return `The content is ${found.mime}, which does not go with the name ${path}.`
}
