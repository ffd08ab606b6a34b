/** A site with a page that uploads by Uppy, see `UploadPage`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { JSHandle, Page } from 'puppeteer-core'
import type { UploadPage } from './uppyPage.ts'

const HTML =
  '<!doctype html><title>Site</title><link rel="icon" href="data:,"><input type="file"><script type="module" src="/page.js"></script>'

/** Bundles the script of the page. Returns the function that answers requests of the site. */
export async function buildSite(script: string) {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, script)],
    bundle: true,
    write: false,
    format: 'esm',
  })
  return (request: IncomingMessage, response: ServerResponse) => {
    const isScript = request.url === '/page.js'
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? outputFiles[0]!.text : HTML)
  }
}

/** Chooses a file in the input of the page, and starts to upload it. */
export async function startUpload(page: Page, path: string): Promise<JSHandle<UploadPage>> {
  const uploads = (await page.waitForFunction('globalThis.uploads')) as JSHandle<UploadPage>
  const input = await page.$('input[type=file]')
  await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(path)
  await uploads.evaluate((target) => void target.start())
  return uploads
}
