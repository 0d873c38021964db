/** What is wrong with the directories of a machine, and how an `up` makes each. Pure. */
import { posix } from "node:path";
import { shellQuote } from "../../components/shell.ts";
import { type Check, fail } from "./check.ts";
import type { HostFacts } from "./host-facts.ts";

interface Rights {
  /** Octal. */
  mode: string;
  uid: number;
  gid: number;
}

type Container = Pick<HostFacts["containers"][number], "name" | "user" | "binds">;

export interface Folders {
  config: string;
  data: string;
}

/** Below the data, each made for the user of one container alone. */
const ownData =
  /^(hub|router|sockets\/router|supervisor|jetstream|pushgateway|prometheus|grafana|agents\/[^/]+\/(logs|data))$/;

export function checkDirectories(
  { directories, unmounted, containers }: Pick<HostFacts, "directories" | "unmounted" | "containers">,
  folders: Folders,
): Check[] {
  // What lies under a mount point that is empty is no machine's data: nothing is to be made there.
  if (unmounted.length > 0)
    return unmounted.map((at) => {
      const next = `mount ${shellQuote(at)} there, then restart the machine's containers: they have what lies below it`;
      return fail("directories", `${at} of /etc/fstab is not mounted, and ${folders.data} lies below it`, next);
    });
  const isData = (path: string) => path === folders.data || isBelow(path, folders.data);
  const gone = directories.filter(({ path, rights }) => rights === undefined && isData(path));
  return directories.flatMap(({ path, rights }): Check[] => {
    const made = rightsOf(path, folders, containers);
    if (rights !== undefined) return made === undefined ? [] : checkRights(path, rights, made);
    const found = `${path} is not there`;
    if (gone.length > 1 && isData(path)) {
      const next = `Find out why ${gone.length} are gone: is the disk of ${folders.data} mounted? findmnt -T ${shellQuote(folders.data)}`;
      return [fail("directories", found, next)];
    }
    if (made !== undefined) return [fail("directories", found, makeOf(path, made), fixOf(path, made))];
    // Secrets and configuration come with what is in them: an empty directory would only hide that it is gone.
    const next = isBelow(path, folders.config)
      ? "tandem deploy writes its files again"
      : `Bring it back there as it was, or mkdir -p ${shellQuote(path)} if it was empty`;
    return [fail("directories", found, next)];
  });
}

function checkRights(path: string, { mode, uid, gid }: Rights, made: Rights): Check[] {
  if (mode === made.mode && uid === made.uid && gid === made.gid) return [];
  const found = `${path} has mode ${mode} of ${uid}:${gid}, and was made with ${made.mode} of ${made.uid}:${made.gid}`;
  return [fail("directories", found, makeOf(path, made), fixOf(path, made))];
}

/** Also of one that is there, whose content it leaves alone. */
const makeOf = (path: string, { mode, uid, gid }: Rights): string =>
  `install -d -m 0${mode} -o ${uid} -g ${gid} ${shellQuote(path)}`;

const fixOf = (path: string, made: Rights) => ({ what: makeOf(path, made), script: makeOf(path, made) });

/** Undefined of one that no component has made for itself, or whose container is not there. */
function rightsOf(path: string, { config, data }: Folders, containers: readonly Container[]): Rights | undefined {
  const readers = containers.filter(({ binds }) => binds.includes(path));
  const reader = readers[0] && userOf(readers[0]);
  const inData = isBelow(path, data) ? posix.relative(data, path) : "";
  // Root's, who alone writes there: its group, that of the hub or of the agent, reads.
  if (inData === "sockets/supervisor") return shared(readers.find(({ name }) => name.endsWith("-supervisor")));
  if (isBelow(path, `${config}/hubs`)) return reader && { mode: "750", uid: 0, gid: reader.gid };
  if (!ownData.test(inData)) return undefined;
  // NATS has its own as a volume.
  const nats = containers.find(({ name }) => name.endsWith("-nats"));
  const owner = inData === "jetstream" ? nats && userOf(nats) : reader;
  return owner && { mode: "700", uid: owner.uid, gid: owner.uid };
}

function shared(supervisor: Container | undefined): Rights | undefined {
  const user = supervisor && userOf(supervisor);
  return user && { mode: "750", uid: 0, gid: user.gid };
}

/** User and group as numbers. @example "0:10900" → { uid: 0, gid: 10900 } */
export function userOf({ user }: Pick<Container, "user">): { uid: number; gid: number } | undefined {
  const [, uid, gid = uid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

const isBelow = (path: string, folder: string) => path.startsWith(`${folder}/`);
