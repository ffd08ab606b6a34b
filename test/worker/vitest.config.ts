/**
 * Tests in workerd with the project's own wrangler.toml, and with local D1, R2, Queues and Durable
 * Objects.
 */
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { respondAsInternet } from './internet.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const S3_ACCESS = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-key' }
const S3_SERVER = { endpoint: 'http://localhost:9000/cdn-cgi/local/r2/s3', ...S3_ACCESS }

/**
 * Packages with many modules. They are bundled once, because every test file loads all modules
 * again.
 */
const PACKAGES = [
  '@hono/zod-openapi',
  'aws4fetch',
  'drizzle-orm',
  'drizzle-orm/d1',
  'drizzle-orm/sqlite-core',
  'eventsource-parser/stream',
  'fast-check',
  'hono',
  'hono/body-limit',
  'hono/cookie',
  'hono/cors',
  'hono/factory',
  'hono/http-exception',
  'hono/method-not-allowed',
  'hono/request-id',
  'hono/secure-headers',
  'zod',
]

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${root}/wrangler.toml` },
      miniflare: {
        bindings: {
          API_KEY: 'test-api-key',
          RUNNER_TOKEN: 'test-runner-token',
          DIRECT_UPLOADS: JSON.stringify({ ...S3_SERVER, bucket: 'reelqueue-originals' }),
          S3_CREDENTIALS: JSON.stringify({
            renders: { ...S3_SERVER, buckets: ['reelqueue-renders'], writePrefix: 'out/' },
            narrow: { ...S3_SERVER, buckets: ['reelqueue-renders'], writePrefix: 'out/film/m' },
            archive: { ...S3_SERVER, buckets: ['reelqueue-renders'] },
          }),
          // Disables containers, which are not available in these tests.
          RUNNER_SLOTS: '0',
          FUZZ_SEED: Number(process.env['FUZZ_SEED'] ?? 1),
          FUZZ_RUNS: Number(process.env['FUZZ_RUNS'] ?? 12),
          TEST_MIGRATIONS: await readD1Migrations(`${root}/src/db/migrations`),
        },
        outboundService: respondAsInternet,
        // R2 sends notifications only on Cloudflare. The Worker itself sends none.
        queueProducers: { BUCKET_EVENTS: { queueName: 'reelqueue-bucket-events' } },
        r2Buckets: {
          ORIGINALS: {
            id: 'reelqueue-originals',
            // Its S3 API is what `internet.ts` passes requests to localhost:9000 on to.
            s3Credentials: S3_ACCESS,
          },
          RENDERS: { id: 'reelqueue-renders', s3Credentials: S3_ACCESS },
        },
        // All limits are too high for tests to reach, except TIGHT, which tests of limits use.
        ratelimits: Object.fromEntries(
          ['READS', 'LARGE_READS', 'WRITES', 'UPLOADS', 'NEW_VARIANTS', 'RUNNERS', 'TIGHT'].map(
            (name) => [
              name,
              {
                namespace_id: name,
                simple: { limit: name === 'TIGHT' ? 3 : 1_000_000, period: 60 as const },
              },
            ],
          ),
        ),
      },
    })),
  ],
  test: {
    name: 'worker',
    root,
    include: ['test/worker/**/*.test.ts'],
    setupFiles: ['test/worker/helpers/setup.ts'],
    maxWorkers: 3,
    deps: { optimizer: { ssr: { enabled: true, include: PACKAGES } } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
