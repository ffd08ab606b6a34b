/** What helps against each failure. */
import type { Job } from '../../client/index.ts'

export const ADVICE: Record<NonNullable<Job['errorCode']>, string> = {
  input_invalid: 'Play the original. If it does not play, store it again from an intact copy.',
  unsupported: 'Choose other settings, or a smaller or shorter file. The message names the limit.',
  output_invalid: 'Retry. If it fails again, report it with the file and the command below.',
  timeout: 'Choose a faster encoder speed, or a higher timeoutSeconds for the queue.',
  stalled: 'Retry. If it fails again, the file is probably damaged where ffmpeg stopped.',
  out_of_memory: 'Choose a smaller frame, or a runner with more memory.',
  out_of_disk: 'Choose a smaller output, or a runner with more disk space.',
  runner_lost: 'Look at the logs of the runner that is named below, then retry.',
  storage: 'Check that the original still exists, then retry.',
  internal: 'Report it with the file, the command and the last lines of ffmpeg below.',
}
