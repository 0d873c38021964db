/** Tells the hubs' timeline what an operator's command does: of use to whoever looks later, and never a reason to fail. */
import type { CommandKind, CommandPhase } from "../../hub/core/timeline/note-names.ts";
import { timelinePath } from "../../hub/http/timeline-json.ts";
import { within } from "../../hub/io/within.ts";
import { oneLine } from "../one-line.ts";
import type { GiveOrders } from "./keep-documents.ts";

export interface CommandTold {
  kind: CommandKind;
  phase: CommandPhase;
  /** @example "pc2" */
  subject: string;
  text: string;
  /** @example "kim@desk" */
  by: string;
}

/** Longer than a hub takes that is asked over SSH, ms. */
const tellMs = 8_000;
const most = { subject: 200, text: 500, by: 100 };

/** One hub after the other, until one has it; what one has not taken in time is called off, lest two tell it. @returns whether one has. Never throws */
export async function tellTimeline(
  hubs: readonly GiveOrders[],
  told: CommandTold,
  deadlineMs = tellMs,
): Promise<boolean> {
  const { kind, phase } = told;
  const line = (of: keyof typeof most) => oneLine(told[of]).trim().slice(0, most[of]) || "-";
  const body = { kind, phase, subject: line("subject"), text: line("text"), by: line("by") };
  for (const give of hubs) {
    let isTold = false;
    const late = new AbortController();
    const given = give([{ method: "POST", path: timelinePath, body }], late.signal).then(
      ([answer]) => {
        isTold = answer?.ok ?? false;
      },
      () => {},
    );
    if (!(await within(deadlineMs, given))) late.abort();
    if (isTold) return true;
  }
  return false;
}
