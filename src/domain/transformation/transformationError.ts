/** What a caller wrote cannot be read or makes no sense; `message` is for them. */
export class TransformationError extends Error {}
