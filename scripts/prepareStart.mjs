/** Installs what `npm start` needs and is missing. Only runners need ffmpeg. */
import { installMissing } from './setup.mjs'

const { RUNNERS } = process.env

installMissing({ ffmpeg: !RUNNERS || Number(RUNNERS) !== 0 })
