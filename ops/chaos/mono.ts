/** Monotonic time that all threads and processes of this computer share, ms. */
export const monoMs = (): number => Number(process.hrtime.bigint()) / 1e6;
