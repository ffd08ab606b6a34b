/** An expected error, shown as its message only. Any other error is a bug, shown with its stack. */
export class StartError extends Error {}
