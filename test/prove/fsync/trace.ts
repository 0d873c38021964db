/**
 * Reads a trace of a nats-server's system calls and finds the way of one push through it: received, written to its stream's
 * file, synced to disk, and only then confirmed. Pure: lines of `strace -f -ttt -y` in, findings out.
 */
export interface Call {
  name: string;
  /** What the descriptor is: a file's path, `socket:[…]`. */
  target: string;
  /** The rest of the line, arguments and result. */
  text: string;
  /** Wall time of the line, seconds. */
  atS: number;
}

/** Lines that stand where their call was complete: one that was interrupted by others stands where it was resumed. */
export function readTrace(trace: string): Call[] {
  const begun = new Map<string, { name: string; target: string; text: string }>();
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
    if (text.endsWith("<unfinished ...>")) begun.set(thread, { name, target, text });
    else calls.push({ name, target, text, atS: Number(at) });
  }
  return calls;
}

export type Way =
  /** Synced before it was confirmed; `confirmedAtS` is when the confirmation was written, wall seconds. */
  { kind: "synced"; confirmedAtS: number } | { kind: "broken"; reason: string };

/** @param marker what is found in this push's bytes and nowhere else */
export function wayOf(marker: string, stream: string, calls: readonly Call[]): Way {
  const broken = (reason: string): Way => ({ kind: "broken", reason: `${marker} in ${stream}: ${reason}` });
  const received = calls.findIndex((call) => isSocket(call) && call.name === "read" && call.text.includes(marker));
  if (received === -1) return broken("was not seen to arrive");
  const file = `/streams/${stream}/msgs/`;
  const after = (from: number, matches: (call: Call) => boolean) =>
    calls.findIndex((call, index) => index > from && matches(call));
  const written = after(received, (call) => call.target.includes(file) && call.text.includes(marker));
  if (written === -1) return broken("was not seen to be written to its file");
  const path = calls[written]?.target;
  const synced = after(
    written,
    (call) => /^f(data)?sync$/.test(call.name) && call.target === path && / = 0$/.test(call.text),
  );
  const confirmation = `{\\"stream\\":\\"${stream}\\"`;
  const confirmed = after(received, (call) => isSocket(call) && call.text.includes(confirmation));
  const confirmedAtS = calls[confirmed]?.atS;
  if (confirmedAtS === undefined) return broken("was not seen to be confirmed");
  if (synced === -1 || synced > confirmed) return broken("was confirmed before it was synced");
  return { kind: "synced", confirmedAtS };
}

const isSocket = ({ target }: Call) => target.startsWith("socket:");
