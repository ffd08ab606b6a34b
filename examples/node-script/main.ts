/**
 * Stores a video, makes a smaller one and a poster of it, and downloads both.
 *
 * Arguments: the video, and the folder for the results (default: the current one).
 */
import { createClient, ReelqueueError, transform } from '@reelqueue/client'
import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

const [source, folder = '.'] = process.argv.slice(2)
const { REELQUEUE_URL = 'http://127.0.0.1:8787', REELQUEUE_API_KEY } = process.env
if (source === undefined || REELQUEUE_API_KEY === undefined) {
  console.error('Usage: REELQUEUE_API_KEY=rq_… node main.ts VIDEO [FOLDER]')
  process.exit(2)
}

const client = createClient({ url: REELQUEUE_URL, apiKey: REELQUEUE_API_KEY })
const filePath = `examples/${basename(source)}`
const results = {
  'small.mp4': transform().width(320).quality('auto'),
  'poster.jpg': transform().width(320).thumbnail('best'),
}

try {
  // A file above 16 MiB is read and sent in parts.
  await client.files.upload(filePath, await openAsBlob(source), {
    onProgress: ({ sentBytes, totalBytes }) =>
      console.log(`Uploaded ${sentBytes} of ${totalBytes} bytes`),
  })
  for (const [name, transformation] of Object.entries(results)) {
    const [job] = await client.jobs.create({ filePath, transformations: [transformation] })
    await client.waitFor(job, {
      onUpdate: ({ status, progress }) => console.log(`${name}: ${status}, ${progress} %`),
    })
    const response = await client.send('GET', `/t/${transformation}/${filePath}`)
    const path = join(folder, name)
    await writeFile(path, response.body!)
    console.log(`Saved ${path}`)
  }
} catch (error) {
  if (!(error instanceof ReelqueueError)) {
    throw error
  }
  console.error(`${error.message} (${error.code})`)
  process.exitCode = 1
}
