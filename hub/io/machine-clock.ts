/** The clock that all processes of a machine share: CLOCK_MONOTONIC, which no correction of the time of day moves. */

/** Milliseconds since some moment that is the same for all of them. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
