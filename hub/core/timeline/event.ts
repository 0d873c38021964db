/** What an alert's record or a note tells of: its kind, and how bad it is. */
import type { Hlc } from "../hlc.ts";
import type { Alert, Batch } from "../record.ts";
import { isNote, type NoteKind, noteKind } from "./note-names.ts";

export type EventKind = NoteKind | "alert" | "resolved";
export type Tone = "trouble" | "watch" | "well" | "note";

export interface TimelineEvent {
  /** Of its record, `origin:incarnation:seq`. */
  id: string;
  at: Hlc;
  /** Machine whose hub stored it. */
  origin: string;
  kind: EventKind;
  tone: Tone;
  name: string;
  subject: string;
  text: string;
}

/** The events that a batch of the alerts' stream tells, in its order. */
export function eventsOf({ origin, incarnation, firstSeq, records }: Batch): TimelineEvent[] {
  return records.flatMap((record, i) => {
    if (record.kind !== "alert") return [];
    return eventOf(record, `${origin}:${incarnation}:${firstSeq + i}`, origin) ?? [];
  });
}

function eventOf(alert: Alert, id: string, origin: string): TimelineEvent | undefined {
  const { at, name, subject, message: text } = alert;
  const told = isNote(alert) ? noteTold(name) : alertTold(alert);
  return told && { id, at, origin, ...told, name, subject, text };
}

function noteTold(name: string): Pick<TimelineEvent, "kind" | "tone"> | undefined {
  const kind = noteKind(name);
  if (kind === undefined) return undefined;
  return { kind, tone: name === "link-lost" ? "watch" : name === "link-healed" ? "well" : "note" };
}

function alertTold({ severity }: Alert): Pick<TimelineEvent, "kind" | "tone"> {
  switch (severity) {
    case "urgent":
      return { kind: "alert", tone: "trouble" };
    case "warning":
      return { kind: "alert", tone: "watch" };
    case "resolved":
      return { kind: "resolved", tone: "well" };
  }
}
