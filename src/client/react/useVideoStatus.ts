/** Follows the status of a variant, as a page that shows it does. */
import { useMemo } from 'react'
import {
  type ReelqueueError,
  type TransformationInput,
  type VariantOptions,
  type VideoStatus,
  writeTransformation,
} from '../index.ts'
import { useClient } from './provider.ts'
import { useWatched } from './useWatched.ts'

export interface VideoState<Url = string | null> {
  /** Status of the newest job; null until it is read, and while there is no job. */
  video: VideoStatus | null
  /** True if the variant can be shown. */
  isReady: boolean
  /** URL of the variant, or without a transformation of the original; null without a path. */
  url: Url
  error: ReelqueueError | null
  /** Follows the status again, for example after the file was replaced. */
  reload: () => void
}

/**
 * Follows the status of a file, or of a variant of it, until its job has ended. Visitors may use it
 * unless PUBLIC_STATUS or PUBLIC_EVENTS of the service is "off".
 *
 * @param filePath null for none yet
 * @example const { isReady, url } = useVideoStatus('videos/clip.mp4', { width: 640 })
 */
export function useVideoStatus(
  filePath: string,
  transformation?: TransformationInput | null,
  options?: VariantOptions,
): VideoState<string>
export function useVideoStatus(
  filePath: string | null | undefined,
  transformation?: TransformationInput | null,
  options?: VariantOptions,
): VideoState
export function useVideoStatus(
  filePath: string | null | undefined,
  transformation: TransformationInput | null = null,
  { queue }: VariantOptions = {},
): VideoState {
  const client = useClient()
  const text = transformation === null ? null : writeTransformation(transformation)
  const options = queue === undefined ? {} : { queue }
  const key = filePath == null ? null : `video ${JSON.stringify([filePath, text, queue])}`
  const { value, error, reload } = useWatched(client, key, (watch) =>
    client.variants.watch(filePath!, text, { ...options, ...watch }),
  )
  const url = filePath == null ? null : client.variants.url(filePath, text, options)
  return useMemo(
    () => ({ video: value, isReady: value?.status === 'completed', url, error, reload }),
    [value, url, error, reload],
  )
}
