/** CLOCK_MONOTONIC of this machine: the same number in all its processes, whatever the wall clock does. */
export const monoMs = (): number => Number(process.hrtime.bigint()) / 1e6;
