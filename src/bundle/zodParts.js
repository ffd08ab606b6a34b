/**
 * Exports of zod/v4/classic/external.js. `locales`, the JSON Schema converters, and `core`, which
 * includes both, are left out.
 */
export * from '../../node_modules/zod/v4/classic/schemas.js'
export * from '../../node_modules/zod/v4/classic/checks.js'
export * from '../../node_modules/zod/v4/classic/errors.js'
export * from '../../node_modules/zod/v4/classic/parse.js'
export * from '../../node_modules/zod/v4/classic/compat.js'
export { globalRegistry, registry, config } from '../../node_modules/zod/v4/core/index.js'
export * as iso from '../../node_modules/zod/v4/classic/iso.js'
export * as coerce from '../../node_modules/zod/v4/classic/coerce.js'
