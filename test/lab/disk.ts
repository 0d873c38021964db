/** Fills a machine's disk, and empties it again. */
import { OperatorError } from "../../ops/error.ts";
import type { LabMachine } from "./machine.ts";

const filler = ".tandem-lab-filler";

/**
 * Leaves less than 64 KiB, which a file system keeps turning over: what is larger is refused with ENOSPC, and what is
 * smaller may fit for a while.
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
  await machine.exec(fillScript(path), { deadlineMs: 300_000 });
}

export async function freeDisk(machine: LabMachine, path: string): Promise<void> {
  await machine.exec(`rm -rf ${quoted(`${path}/${filler}`)} && sync -f ${quoted(path)}`);
}

/** The bulk is only reserved, which takes no time; the rest is written, again and again, as the disk hands out its last blocks. */
function fillScript(path: string): string {
  return `set -u
cd ${quoted(path)} && mkdir -p ${filler} && cd ${filler} || exit 1
left() { df --output=avail . | tail -n 1 | tr -d ' '; }
[ "$(left)" -lt 1024 ] || fallocate -l "$(($(left) * 95 / 100))K" "bulk.$$" || exit 1
for attempt in 1 2 3 4 5 6 7 8 9; do
  cat /dev/zero >"rest.$$.$attempt" 2>/dev/null
  sync -f .
  [ "$(left)" -gt 0 ] || exit 0
done
[ "$(left)" -lt 64 ] && exit 0
echo "$(left) KiB are left" >&2
exit 1`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
