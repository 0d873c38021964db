/** The clock that all threads and processes of a machine share: CLOCK_MONOTONIC, which no correction of the time of day moves. */

/** Ms since some moment that is the same for all of them. */
export const monoMs = (): number => Number(process.hrtime.bigint()) / 1e6;
