/**
 * Probes of originals: those that the gateway sends with an assignment, and the latest ones of this
 * runner, which the gateway may not have stored yet. A probe belongs to one path and etag.
 */
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import { storedProbe, type StoredProbe } from '../../src/contract/storedProbe.ts'
import { isKeyframeList } from '../ffmpeg/probe/keyframesBefore.ts'
import { createProbeMemo, type ProbeMemo } from '../ffmpeg/probe/probeMemo.ts'

/** Each has at most 16,000 characters. */
const MAX_FILES = 100

export type KnownProbes = ReturnType<typeof createKnownProbes>

/** @param version see `probeVersion`; null if that of ffmpeg is unknown: no probe is then stored */
export function createKnownProbes(version: string | null) {
  // A Map iterates in insertion order: the first key is the least recently used file.
  const files = new Map<string, Record<string, unknown>>()

  /**
   * Returns a probe as the gateway stores it; null if it cannot be stored. A probe that is too large with a
   * list of key frames is stored without it: a job without a stored probe is not split, and each runner can
   * find the list again.
   */
  function read({ results }: ProbeMemo): StoredProbe | null {
    const others = [...results].filter(([name]) => !isKeyframeList(name))
    return readResults([...results]) ?? readResults(others)
  }

  function readResults(results: [string, unknown][]): StoredProbe | null {
    return storedProbe.safeParse({ version, results: Object.fromEntries(results) }).data ?? null
  }

  return {
    version,
    read,

    /**
     * Returns the stored results of probing the original. After a failed attempt there are none,
     * because a wrong result can have been the reason.
     */
    open({ filePath, source, attempt, probe, chunk }: Assignment): ProbeMemo {
      // All runners of the chunks of a job plan from one probe.
      return attempt > 1 && chunk === undefined
        ? createProbeMemo()
        : createProbeMemo({
            ...(probe?.version === version && probe.results),
            ...files.get(buildKey(filePath, source)),
          })
    },

    /** Keeps the probe of an original from which a variant was made. */
    keep({ filePath, source }: Assignment, memo: ProbeMemo): void {
      const probe = read(memo)
      if (probe === null) {
        return
      }
      const key = buildKey(filePath, source)
      files.delete(key)
      files.set(key, probe.results)
      const [oldest] = files.keys()
      if (files.size > MAX_FILES && oldest !== undefined) {
        files.delete(oldest)
      }
    },

    /** Returns the probe if the gateway has not sent all of it, so that it should be stored. */
    findNew({ probe: sent }: Assignment, memo: ProbeMemo): StoredProbe | undefined {
      const found = read(memo)
      const isSent = ([name, result]: [string, unknown]) =>
        sent?.version === version && JSON.stringify(sent.results[name]) === JSON.stringify(result)
      return found === null || Object.entries(found.results).every(isSent) ? undefined : found
    },
  }
}

function buildKey(filePath: string, { etag }: Assignment['source']): string {
  return JSON.stringify([filePath, etag])
}
