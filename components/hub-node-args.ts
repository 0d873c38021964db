/** Flags of the hub's Node. */

/**
 * The same in the image, in the container and in the local run. A young generation of 2 MiB instead of 16. Node leaves it at its largest after a burst of pushes: at 10,000 groups the hub held 280
 * MiB with the default and 158 MiB so, at 5 % more of its processor time a push.
 */
export const hubNodeArgs = ["--max-semi-space-size=2"];

/**
 * Of a container: the heap ends at three quarters of its memory, so that Node collects before the kernel kills. The rest is for
 * buffers, which lie outside of the heap, and for code.
 */
export const heapArgs = (memoryMb: number): string[] => [`--max-old-space-size=${Math.floor(memoryMb * 0.75)}`];
