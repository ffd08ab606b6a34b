/** Name of the file of a package that a player opens first. */
import { PACKAGE_ENTRY } from '../contract/rendition.ts'
import { readCanonicalForm } from './transformation/canonicalForm.ts'

/** Returns null if the variant is one file. */
export function findPackageEntry(transformation: string): string | null {
  return PACKAGE_ENTRY[readCanonicalForm(transformation).kind] ?? null
}
