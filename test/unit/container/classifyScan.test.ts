import { describe, expect, it } from 'vitest'
import { classifyScan } from '../../../container/ffmpeg/probe/classifyScan.ts'
import type { PairScan } from '../../../container/ffmpeg/probe/compareFields.ts'

const PAIRS: Record<string, PairScan> = {
  t: { type: 'tff', repeats: 'none' },
  b: { type: 'bff', repeats: 'none' },
  p: { type: 'progressive', repeats: 'none' },
  u: { type: 'undetermined', repeats: 'none' },
  T: { type: 'undetermined', repeats: 'top' },
  B: { type: 'undetermined', repeats: 'bottom' },
}

/** @param windows each letter is a pair of consecutive frames, as in PAIRS */
function classify(windows: string[], hasTelecineRate = true) {
  return classifyScan(
    windows.map((letters) => letters.split('').map((letter) => PAIRS[letter]!)),
    { hasTelecineRate },
  )
}

const INTERLACED = 't'.repeat(30)
const PROGRESSIVE = 'p'.repeat(30)
const STATIC = 'u'.repeat(30)
const TELECINED = 'pTtBp'.repeat(6)

describe('a video', () => {
  it.each([
    ['in all frames', [INTERLACED]],
    ['in one of several windows', [STATIC, PROGRESSIVE, INTERLACED, STATIC]],
    ['in a part of the time', ['ttttttuuuuuuuuuuuuuuuuuuuuuuuuu']],
    ['in all of few frames', ['tttt']],
    ['with some exceptions', [`${'t'.repeat(28)}bu`]],
    ['in half of the frames, as pulldown to 25 does', [`${'p'.repeat(12)}T${'t'.repeat(11)}B`]],
  ])('is interlaced if it has fields of one order %s', (_, windows) => {
    expect(classify(windows)).toEqual({ type: 'interlaced', fieldOrder: 'tff' })
    const swapped = windows.map((window) =>
      window
        .split('')
        .map((letter) => ({ t: 'b', b: 't' })[letter] ?? letter)
        .join(''),
    )
    expect(classify(swapped)).toEqual({ type: 'interlaced', fieldOrder: 'bff' })
  })

  it.each([
    ['2:3', 'pTtBp', 'tff'],
    ['2:3, from another frame', 'tBppT', 'tff'],
    ['2:3 of the bottom field', 'pBbTp', 'bff'],
    ['2:3:3:2', 'pTBpp', 'tff'],
    ['2:3:3:2 of the bottom field', 'pBTpp', 'bff'],
    ['2:3 with motion in every second frame', 'uTuBp', 'tff'],
  ])('is telecined if fields are repeated as by %s', (_, period, fieldOrder) => {
    const expected = { type: 'telecine', fieldOrder }
    expect(classify([period.repeat(6)])).toEqual(expected)
    expect(classify([period.repeat(6), STATIC])).toEqual(expected)
    expect(classify([`${period.repeat(3)}p${period.repeat(3)}`])).toEqual(expected)
    expect(classify([period.repeat(6)], false)?.type).not.toBe('telecine')
  })

  it('is interlaced if as many windows show interlaced video as telecined film', () => {
    const expected = { type: 'interlaced', fieldOrder: 'tff' }
    expect(classify([TELECINED, INTERLACED])).toEqual(expected)
  })

  it.each([
    ['nearly all frames show it', [PROGRESSIVE, STATIC, 'pppptppppp']],
    ['single frames repeat both fields', ['pppupppupppupppupppupppu']],
  ])('is progressive if %s', (_, windows) => {
    expect(classify(windows)).toEqual({ type: 'progressive' })
  })

  it.each([
    ['nothing moves', [STATIC]],
    ['it has no frames', []],
    ['it has few frames', ['ppp', 'tp']],
    ['its frames contradict each other', ['ttttttttbbbbbbbb']],
    ['only one of its fields changes', ['T'.repeat(30)]],
    ['its fields change irregularly', ['TBuTuuBTTBuuTBuTuB']],
  ])('is not classified if %s', (_, windows) => {
    expect(classify(windows)).toBeNull()
  })
})
