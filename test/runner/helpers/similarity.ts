/** Measures the similarity of each frame of a file to that of its source. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)

/** The measures of each frame, and the largest difference between two encodes that nobody can see. */
interface Similarities {
  perFrame: number[]
  maxLoss: number
}

/** Measures XPSNR in decibels if ffmpeg can (7.1 can, 5.1 cannot), SSIM otherwise. */
export async function readSimilarities(file: string, source: string): Promise<Similarities> {
  const { stdout: filters } = await execute('ffmpeg', args`-v error -filters`)
  const hasXpsnr = /\bxpsnr\b/.test(filters)
  const filter = `[0:v:0][1:v:0]${hasXpsnr ? 'xpsnr=stats_file=-' : 'ssim=stats_file=-'}`
  const { stdout } = await execute(
    'ffmpeg',
    args`-v error -i ${file} -i ${source} -filter_complex ${filter} -f null -`,
  )
  const values = stdout.matchAll(hasXpsnr ? /XPSNR y: *([\d.]+|inf)/g : /All:([\d.]+)/g)
  return {
    perFrame: [...values].map(([, value]) => (value === 'inf' ? Infinity : Number(value))),
    maxLoss: hasXpsnr ? 0.75 : 0.01,
  }
}
