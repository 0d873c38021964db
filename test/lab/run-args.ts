/** The arguments of `docker run` that make a container into a machine with an engine of its own. */
import type { LabPlan, Place } from "./plan.ts";

/**
 * What dockerd and the containers in it need, and what careful grounds still grant: all but SYS_RESOURCE,
 * CHECKPOINT_RESTORE, BPF and PERFMON. `--privileged`, which would be shorter, is refused on such grounds.
 */
export const capabilities = (
  "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER " +
  "KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID " +
  "SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_TIME " +
  "SYS_TTY_CONFIG WAKE_ALARM"
).split(" ");

const unconfined = ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"];

export interface RunArgs {
  image: string;
  /** Size of a machine's own disk, MiB. */
  dataMb: number;
}

/** Arguments after `docker`. */
export function runArgs(plan: LabPlan, place: Place, { image, dataMb }: RunArgs): string[] {
  const common = [
    ...["run", "--detach", "--init", "--name", place.container, "--hostname", place.name],
    ...["--label", plan.label, "--label", `tandem.lab.place=${place.name}`],
    ...["--network", plan.network, "--ip", place.address],
    // Fresh at each start, as on a machine that boots: no stale pid file or socket.
    ...["--tmpfs", "/run:rw,exec,mode=755"],
    ...["--env", `LAB_ROLE=${place.volumes === undefined ? "jump" : "machine"}`],
  ];
  if (place.volumes === undefined) return [...common, image];
  return [
    ...common,
    ...["--env", `LAB_DATA_MB=${dataMb}`],
    ...capabilities.flatMap((capability) => ["--cap-add", capability]),
    ...unconfined.flatMap((option) => ["--security-opt", option]),
    // The inner engine makes control groups for its containers below the host's.
    ...["--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
    // Loop devices, for the disk.
    ...["--device-cgroup-rule", "b 7:* rmw", "--device-cgroup-rule", "c 10:237 rmw"],
    // An overlay cannot lie on an overlay.
    ...["--volume", `${place.volumes.engine}:/var/lib/docker`],
    ...["--volume", `${place.volumes.disk}:/var/lib/tandem-disk`],
    image,
  ];
}
