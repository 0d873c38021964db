/** Folds long texts below a comment and cuts them so that GitHub takes the whole. */
import { fenced } from "./markdown.ts";

/** What GitHub takes, characters; bytes are counted here, which are never fewer. */
export const mostBytes = 65_536;

export interface Folded {
  title: string;
  text: string;
  /** Stack whose preview shows all of it again. */
  again: string;
}

/** @param most @default what GitHub takes */
export function fitted(head: string, folded: readonly Folded[], most = mostBytes): string {
  const share = Math.floor((most - bytes(head) - 2) / Math.max(1, folded.length)) - 2;
  return [head, ...folded.filter(({ text }) => text !== "").map((one) => details(one, share))]
    .filter((part) => part !== "")
    .join("\n\n");
}

function details({ title, text, again }: Folded, most: number): string {
  const lines = text.trimEnd().split("\n");
  const around = (body: readonly string[], note: string) =>
    `<details><summary>${title}${note}</summary>\n\n${fenced("text", body)}\n\n</details>`;
  const whole = around(lines, "");
  if (bytes(whole) <= most) return whole;
  const note = `, cut: <code>pulumi preview --diff -s ${again}</code> shows all ${lines.length} lines`;
  // A fence may grow by what is in the text; this is more than one does.
  let room = most - bytes(around([], note)) - 64;
  const kept: string[] = [];
  for (const line of lines) {
    room -= bytes(line) + 1;
    if (room < 0) break;
    kept.push(line);
  }
  return room < 0 && kept.length === 0 ? "" : around(kept, note);
}

const bytes = (text: string) => Buffer.byteLength(text);
