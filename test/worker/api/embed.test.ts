/** The player page: who may show it in a frame, and the files that it names. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { putOriginal } from '../helpers/jobs.ts'
import { ASSETS } from '../helpers/pages.ts'
import { expectError, visitWith } from '../helpers/requests.ts'

function visitPage(path: string, settings: Partial<Env> = {}) {
  return visitWith({ ASSETS, ...settings }, `/embed/${path}`)
}

async function readFrameAncestors(settings: Record<string, string>) {
  const response = await visitPage('w_640/e/clip.mp4', settings)
  expect(response.status).toBe(200)
  // It would exclude the origins that the policy allows.
  expect(response.headers.get('X-Frame-Options')).toBeNull()
  const policy = response.headers.get('Content-Security-Policy')!
  expect(policy).toContain("default-src 'self'")
  expect(policy).not.toContain('unsafe')
  return /frame-ancestors ([^;]*)/.exec(policy)![1]
}

it('can be framed by pages of the service, and of the configured origins only', async () => {
  expect(await readFrameAncestors({})).toBe("'self'")
  const EMBED_ORIGINS = 'https://www.example.com, http://localhost:3000'
  expect(await readFrameAncestors({ EMBED_ORIGINS })).toBe(
    "'self' https://www.example.com http://localhost:3000",
  )
  expect(await readFrameAncestors({ EMBED_ORIGINS: '*' })).toBe("'self' *")
  // Control: no other response can be framed.
  for (const path of ['/t/w_640/e/clip.mp4', '/health', '/']) {
    const other = await visitWith({ ASSETS, EMBED_ORIGINS } as Partial<Env>, path)
    expect(other.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
    expect(other.headers.get('X-Frame-Options')).toBe('DENY')
  }
})

it('names the poster, the storyboard and the subtitles that exist, and visitors may read', async () => {
  for (const [index, transformation] of ['w_640', 't_sprite', 't_true,tt_1'].entries()) {
    await env.DB.prepare(
      `INSERT INTO variants (file_path, transformation, output_key, job_id, size_bytes, source_etag, created_at)
        VALUES ('e/named "1".mp4', ?, ?, 'job_none', 1, 'x', ?)`,
    )
      .bind(transformation, `none/${index}`, index)
      .run()
  }
  await putOriginal('e/named "1".vtt')
  const path = 'w_640/e/named%20%221%22.mp4'
  const html = await (await visitPage(path)).text()
  expect(html).toContain('data-poster="/t/t_true,tt_1/e/named%20%221%22.mp4"')
  expect(html).toContain('data-storyboard="/t/t_sprite/e/named%20%221%22.mp4"')
  expect(html).toContain('data-subtitles="/t/e/named%20%221%22.vtt"')

  // A signed URL gives access to one variant, and the setting gives visitors none.
  for (const response of [
    await visitPage(`${path}?sig=x`),
    await visitPage(path, { PUBLIC_VARIANTS: 'off' } as unknown as Partial<Env>),
    await visitPage('w_640/e/other.mp4'),
  ]) {
    expect(await response.text()).toContain('<body>')
  }
})

it('rejects files of other hosts, and says that it was built without pages', async () => {
  const query = new URLSearchParams({ poster: 'https://evil.example.com/x.jpg' })
  await expectError(await visitPage(`w_640/e/clip.mp4?${query}`), 400, 'invalid_request')
  const unbuilt = {
    fetch: () => Promise.resolve(new Response(null, { status: 404 })),
  } as unknown as Fetcher
  const response = await visitPage('w_640/e/clip.mp4', { ASSETS: unbuilt })
  await expectError(response, 404, 'not_found')
})
