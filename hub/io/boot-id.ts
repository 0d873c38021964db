/** Which start of the machine this is: another one after each, and the same for all of its processes. */
import { readFileSync } from "node:fs";

/** Empty where the kernel gives none. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
