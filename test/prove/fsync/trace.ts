/**
 * Reads a trace of a nats-server's or a hub's system calls and finds the way of one push through it: received, written to its
 * stream's file or the spool's, synced to disk, and only then confirmed or answered. Pure: lines of `strace -f -ttt -y` in, findings out.
 */
export interface Call {
  name: string;
  /** What the descriptor is: a file's path, `socket:[…]`. */
  target: string;
  /** The rest of the line, arguments and result. */
  text: string;
  /** Wall time of the line, seconds. */
  atS: number;
  /** Of the line where it began: one that was interrupted may have done its deed long before it was seen to end. */
  beganAtS: number;
}

/** Lines that stand where their call was complete: one that was interrupted by others stands where it was resumed. */
export function readTrace(trace: string): Call[] {
  const begun = new Map<string, Omit<Call, "atS">>();
  const calls: Call[] = [];
  for (const line of trace.split("\n")) {
    const head = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line);
    const [, thread = "", at = "", rest = ""] = head ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const first = begun.get(thread);
    if (resumed !== null && first !== undefined) {
      begun.delete(thread);
      calls.push({ ...first, text: `${first.text}${resumed[1]}`, atS: Number(at) });
      continue;
    }
    const call = /^(\w+)\(\d+<([^>]*)>(.*)$/.exec(rest);
    const [, name = "", target = "", text = ""] = call ?? [];
    if (call === null) continue;
    const began = { name, target, text, beganAtS: Number(at) };
    if (text.endsWith("<unfinished ...>")) begun.set(thread, began);
    else calls.push({ ...began, atS: Number(at) });
  }
  return calls;
}

export type Way =
  /** Synced before it was confirmed; `confirmedAtS` is when the confirmation began to be written, wall seconds. */
  { kind: "synced"; confirmedAtS: number } | { kind: "broken"; reason: string };

/** @param marker what is found in this push's bytes and nowhere else */
export function wayOf(marker: string, stream: string, calls: readonly Call[]): Way {
  const confirmation = `{\\"stream\\":\\"${stream}\\"`;
  const isConfirmation = (call: Call) => isSocket(call) && call.text.includes(confirmation);
  return way(marker, stream, calls, { folder: `/streams/${stream}/msgs/`, isConfirmation });
}

/** In a hub's own trace, while its NATS is dead: what it writes next to the client's connection is the answer. */
export function spoolWayOf(marker: string, calls: readonly Call[]): Way {
  const isConfirmation = (call: Call, received: Call) => /^writev?$/.test(call.name) && call.target === received.target;
  return way(marker, "the spool", calls, { folder: "/spool/", isConfirmation });
}

interface Stops {
  /** Of the file that it is written to. */
  folder: string;
  isConfirmation(call: Call, received: Call): boolean;
}

function way(marker: string, where: string, calls: readonly Call[], { folder, isConfirmation }: Stops): Way {
  const broken = (reason: string): Way => ({ kind: "broken", reason: `${marker} in ${where}: ${reason}` });
  const received = arrivalOf(marker, calls);
  const arrival = calls[received];
  if (arrival === undefined) return broken("was not seen to arrive");
  const after = (from: number, matches: (call: Call) => boolean) =>
    calls.findIndex((call, index) => index > from && matches(call));
  const written = after(received, (call) => call.target.includes(folder) && call.text.includes(marker));
  if (written === -1) return broken("was not seen to be written to its file");
  const path = calls[written]?.target;
  const synced = after(
    written,
    (call) => /^f(data)?sync$/.test(call.name) && call.target === path && / = 0$/.test(call.text),
  );
  const confirmed = after(received, (call) => isConfirmation(call, arrival));
  const confirmedAtS = calls[confirmed]?.beganAtS;
  if (confirmedAtS === undefined) return broken("was not seen to be confirmed");
  const syncedAtS = calls[synced]?.atS ?? Number.POSITIVE_INFINITY;
  if (synced > confirmed || syncedAtS > confirmedAtS) return broken("was confirmed before it was synced");
  return { kind: "synced", confirmedAtS };
}

/** Index of the read that brought the marker, or the end of it: a nats-server reads 512 bytes at first, whatever they are. */
function arrivalOf(marker: string, calls: readonly Call[]): number {
  const before = new Map<string, string>();
  return calls.findIndex((call) => {
    if (!isSocket(call) || call.name !== "read") return false;
    const bytes = /"(.*)"/.exec(call.text)?.[1] ?? "";
    const both = `${before.get(call.target) ?? ""}${bytes}`;
    before.set(call.target, bytes);
    return both.includes(marker);
  });
}

const isSocket = ({ target }: Call) => target.startsWith("socket:");
