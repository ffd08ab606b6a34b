/** Returns the bytes of a file from `start` to `end` exclusive; fewer at its end. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>
