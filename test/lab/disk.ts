/** Fills a machine's disk to the last byte, and empties it again. */
import { OperatorError } from "../../ops/error.ts";
import type { LabMachine } from "./machine.ts";

const filler = ".tandem-lab-filler";

/**
 * @param path a directory on the machine's own disk. @example "/var/lib/tandem"
 * @throws OperatorError `lab.disk-shared` when the path lies on a disk of the computer
 */
export async function fillDisk(machine: LabMachine, path: string): Promise<void> {
  const device = await machine.exec(`df --output=source ${quoted(path)} | tail -n 1`);
  if (!device.startsWith("/dev/loop")) {
    throw new OperatorError(
      "lab.disk-shared",
      `${path} of ${machine.name} lies on ${device}, a disk of this computer, which is not filled`,
      "Name a path below /var/lib/tandem; where that is no disk of its own, this computer grants no loop devices",
    );
  }
  // cat ends with ENOSPC, which is what is wanted; the check afterwards says whether it came to that.
  const script = `cat /dev/zero >${quoted(`${path}/${filler}`)} 2>/dev/null; sync
test "$(df --output=avail ${quoted(path)} | tail -n 1)" -eq 0`;
  await machine.exec(script, { deadlineMs: 300_000 });
}

export async function freeDisk(machine: LabMachine, path: string): Promise<void> {
  await machine.exec(`rm -f ${quoted(`${path}/${filler}`)}; sync`);
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
