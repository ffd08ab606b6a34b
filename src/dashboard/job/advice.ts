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
  import_refused: 'Name the final, public https URL of the file.',
  import_unavailable: 'Check the URL and the request headers of the source.',
  import_too_large: 'Import a smaller file, or raise the limit that the message names.',
  import_changed: 'Import the file when it is complete and does not change any more.',
  import_invalid: 'Check that the URL is that of the file itself, and its extension.',
  export_refused: 'Correct the credential or its access to the bucket, then retry.',
  export_unavailable: 'Retry when the service of the bucket works. Only the export is repeated.',
  export_failed: 'Retry. If it fails again, look at the log of the service.',
  import_failed: 'Retry. If it fails again, look at the log of the service.',
}
