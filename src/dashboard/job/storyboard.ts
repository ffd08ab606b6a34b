/** Finds the storyboard of a file: the newest one that was made. */
import { client } from '../api.ts'

const MAX_JOBS = 100

/** Returns the URL of its index; null if the file has none. */
export async function findStoryboard(filePath: string): Promise<string | null> {
  const { jobs } = await client.jobs.list({ filePath, status: 'completed', limit: MAX_JOBS })
  const found = jobs.find(
    ({ transformation, outputPath }) =>
      outputPath !== null && /(?:^|,)t_sprite/.test(transformation),
  )
  return found ? client.variants.url(filePath, found.transformation) : null
}
