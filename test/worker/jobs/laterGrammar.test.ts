/** The names of variants when a later grammar version has other defaults than names have. */
import { beforeAll, expect, it, vi } from 'vitest'
import * as defaults from '../../../src/contract/defaults.ts'
import { ROOT } from '../../../src/domain/caller.ts'
import { openPlatform, jobRow } from '../helpers/database.ts'
import { putOriginal } from '../helpers/jobs.ts'

const { fields, formats, videoCodecs } = defaults.NAME_DEFAULTS
const LATER: defaults.GrammarDefaults = {
  ...defaults.NAME_DEFAULTS,
  fields: { ...fields, quality: 70, gravity: 'north' },
  formats: { ...formats, image: 'webp', video: 'webm' },
  videoCodecs: { ...videoCodecs, mp4: 'av1' },
}

async function importServices() {
  // The helpers have loaded these modules with the real defaults. vi.mock does not work in workerd,
  // so the newest version is replaced where defaults.ts reads it from the list of versions.
  vi.resetModules()
  const { at } = Array.prototype
  vi.spyOn(Array.prototype, 'at').mockImplementation(function (this: unknown[], index) {
    const isVersions = (this[0] as typeof LATER | undefined)?.fields?.waveformColor !== undefined
    return isVersions ? LATER : (at.call(this, index) as unknown)
  })
  const { REQUEST_DEFAULTS } = await import('../../../src/contract/defaults.ts')
  vi.restoreAllMocks()
  expect(REQUEST_DEFAULTS).toBe(LATER)
  return {
    ...(await import('../../../src/services/variants/namedPresets.ts')),
    ...(await import('../../../src/services/variants/requestVariant.ts')),
    ...(await import('../../../src/services/variants/probeFile.ts')),
    ...(await import('../../../src/services/serializers.ts')),
  }
}
let services: Awaited<ReturnType<typeof importServices>>
beforeAll(async () => {
  services = await importServices()
})

/** Returns the name of the variant that the path of a request asks for. */
async function nameOf(path: string) {
  const { platform } = openPlatform()
  const decoded = decodeURIComponent(path.replace(/^\/(t|video-status)\//, ''))
  const name = await services.resolveVariantPath(platform, ROOT, 'default', decoded)
  return name.ok ? name.variant : name
}

it.each([
  ['w_640', 'w_640,q_70,f_webm'],
  ['w_640,q_60,vc_h264,f_mp4', 'w_640'],
  ['w_640,f_mp4', 'w_640,q_70,vc_av1'],
  ['w_64,h_64,g_center,q_60,f_webm', 'w_64,h_64,f_webm'],
  ['t_true', 'q_70,f_webp,t_true'],
  ['t_true,q_60,f_jpg', 't_true'],
  ['f_hls,q_60', 'f_hls'],
  ['f_wav', 'f_wav'],
])('a request for %s creates the job of the variant %s', async (text, variant) => {
  const filePath = `later/${text}.mp4`
  await putOriginal(filePath)
  expect(await nameOf(`${text}/${filePath}`)).toBe(variant)
  const { platform } = openPlatform()
  const request = { filePath, variant }
  const sendRequest = () =>
    services.requestVariant(platform, ROOT, request, async () => ({ ok: true }))
  const queued = await sendRequest()
  expect(queued).toMatchObject({ ok: true, state: 'queued' })
  const { jobId } = queued as { jobId: string }
  expect(await jobRow(jobId)).toMatchObject({ transformation: variant })
  expect(await sendRequest()).toMatchObject({ state: 'queued', jobId })
  expect(await nameOf(services.variantPath(variant, filePath))).toBe(variant)
  expect(await nameOf(services.statusPath(variant, filePath))).toBe(variant)
})

it('a probe creates the job of the variant f_json', async () => {
  await putOriginal('later/probed.mp4')
  const { platform } = openPlatform()
  const queued = await services.requestProbe(platform, ROOT, { filePath: 'later/probed.mp4' })
  const { jobId } = queued as { jobId: string }
  expect(await jobRow(jobId)).toMatchObject({ transformation: 'f_json' })
})
