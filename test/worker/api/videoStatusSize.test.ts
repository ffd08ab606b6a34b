import { env, exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'

async function get(path: string) {
  const response = await exports.default.fetch(`http://reelqueue${path}`)
  return { status: response.status, body: await response.json() }
}

it('returns the size of a finished variant, and 404 for a missing variant', async () => {
  await env.DB.exec(
    `INSERT INTO variants (file_path, transformation, output_key, job_id, size_bytes, source_etag, reference_files, created_at) VALUES ('videos/2026/clip.mp4', 'w_640', 'k', 'j', 2097152, 'e', '[]', 0)`,
  )
  expect(await get('/video-status/w_640/videos/2026/clip.mp4/size')).toEqual({
    status: 200,
    body: { size: 2097152, status: 'ready' },
  })
  expect(await get('/video-status/w_320/videos/2026/clip.mp4/size')).toMatchObject({
    status: 404,
    body: { status: 'not_found', message: 'The processed video is not ready' },
  })
})
