/** The error of a transformation that is not valid. The message is shown to the caller. */
export class TransformationError extends Error {}
