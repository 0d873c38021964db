/** The promises and their evidence as a table for a terminal. Pure. */
import { align } from "../align.ts";
import type { Judged, Row } from "./judge.ts";

/** @param color whether red and green are shown as such */
export function readinessText(rows: readonly Row[], unread: readonly string[], color: boolean): string {
  const cells = rows.flatMap(({ title, evidence }) =>
    evidence.map((one, i) => [
      i === 0 ? title : "",
      signs[one.state],
      one.name,
      dateOf(one),
      figuresOf(one),
      commitOf(one),
    ]),
  );
  const table = align([["promise", "", "evidence", "date", "figures", "commit"], ...cells]).map((line) =>
    color ? line.replace(/ (ok|RED) /, (_, sign: string) => ` \x1b[${sign === "ok" ? 32 : 31}m${sign}\x1b[0m `) : line,
  );
  const red = new Map(
    rows.flatMap(({ evidence }) =>
      evidence.flatMap((one): [string, Judged][] => (one.state === "green" ? [] : [[`${one.name}: ${one.why}`, one]])),
    ),
  );
  const next = [...red].flatMap(([what, { command }]) => [what, `  → ${command}`]);
  const green = rows.filter((row) => row.green).length;
  return [...table, "", ...next, ...unread, `${green} of ${rows.length} promises are green`].join("\n");
}

const signs = { green: "ok", missing: "RED", old: "RED", failed: "RED" };

const dateOf = ({ at, ageDays = 0 }: Judged): string =>
  at === undefined ? "-" : `${at.slice(0, 10)} (${Math.floor(ageDays)} d)`;

function figuresOf({ state, why, figures }: Judged): string {
  if (state === "missing") return "-";
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value * 1e5) / 1e5}`);
  return [...shown, ...(why === "" ? [] : [why])].join(", ");
}

function commitOf({ commit, dirty, version }: Judged): string {
  if (version === undefined) return "-";
  return `${version} ${commit?.slice(0, 7) ?? "unknown"}${dirty ? "+" : ""}`;
}
