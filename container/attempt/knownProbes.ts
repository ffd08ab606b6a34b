/**
 * Probes of files: those of originals that the gateway sends with an assignment, and the latest ones of
 * this runner, which the gateway may not have stored yet. The gateway stores none of reference files. A
 * probe belongs to one path and etag.
 */
import { listReferenceFiles } from '../../src/contract/rendition.ts'
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import { storedProbe, type StoredProbe } from '../../src/contract/storedProbe.ts'
import { isKeyframeList } from '../ffmpeg/probe/keyframesBefore.ts'
import { createProbeMemo, type ProbeMemo } from '../ffmpeg/probe/probeMemo.ts'

/** Each has at most 16,000 characters. */
const MAX_FILES = 100

export interface ProbeMemos {
  original: ProbeMemo
  /** By their paths. */
  references: ReadonlyMap<string, ProbeMemo>
}

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

  function keepFile(key: string, memo: ProbeMemo): void {
    const probe = read(memo)
    if (probe === null) {
      return
    }
    files.delete(key)
    files.set(key, probe.results)
    const [oldest] = files.keys()
    if (files.size > MAX_FILES && oldest !== undefined) {
      files.delete(oldest)
    }
  }

  return {
    version,
    read,

    /**
     * Returns the known results of probing the files. After a failed attempt there are none, because a
     * wrong result can have been the reason.
     */
    open(assignment: Assignment): ProbeMemos {
      const { filePath, source, attempt, probe, chunk } = assignment
      // All runners of the chunks of a job plan from one probe.
      const usesKnown = attempt === 1 || chunk !== undefined
      const openFile = (key: string, sent: StoredProbe['results'] = {}) =>
        createProbeMemo(usesKnown ? { ...sent, ...files.get(key) } : {})
      const sent = probe?.version === version ? probe.results : {}
      const references = listReferences(assignment)
      return {
        original: openFile(buildKey(filePath, source), sent),
        references: new Map(references.map(({ path, key }) => [path, openFile(key)])),
      }
    },

    /** Keeps the probes of files from which a variant was made. */
    keep(assignment: Assignment, { original, references }: ProbeMemos): void {
      for (const { path, key } of listReferences(assignment)) {
        const memo = references.get(path)
        if (memo !== undefined && memo.results.size > 0) {
          keepFile(key, memo)
        }
      }
      // Last, because a file can be appended to itself, and more is known of an original.
      keepFile(buildKey(assignment.filePath, assignment.source), original)
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

function listReferences({ rendition, references }: Assignment) {
  return listReferenceFiles(rendition).flatMap((path, index) => {
    const stored = references[index]
    return stored === undefined ? [] : [{ path, key: buildKey(path, stored) }]
  })
}

function buildKey(filePath: string, { etag }: Assignment['source']): string {
  return JSON.stringify([filePath, etag])
}
