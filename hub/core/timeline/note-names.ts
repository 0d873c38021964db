/**
 * What is noted beside alerts, in their stream. A note is a record of kind `alert` with severity `resolved`, so that a hub that knows of no notes
 * takes it for the end of an alert that never stood.
 */
import type { Alert } from "../record.ts";

/** Commands of an operator that begin and end. */
export const commandKinds = ["deploy", "drill", "migration"] as const;
export type CommandKind = (typeof commandKinds)[number];
export type CommandPhase = "begun" | "ended";

export type NoteKind = CommandKind | "move" | "hub" | "link" | "maintenance";

/** Which kind of event each name tells. */
const kindOfNote = {
  "service-moved": "move",
  "service-ordered": "move",
  "hub-started": "hub",
  "link-lost": "link",
  "link-healed": "link",
  "maintenance-begun": "maintenance",
  "maintenance-ended": "maintenance",
  "silence-begun": "maintenance",
  "silence-ended": "maintenance",
  "deploy-begun": "deploy",
  "deploy-ended": "deploy",
  "drill-begun": "drill",
  "drill-ended": "drill",
  "migration-begun": "migration",
  "migration-ended": "migration",
} as const satisfies Record<string, NoteKind>;

export type NoteName = keyof typeof kindOfNote;

/** Something that happened, before it is stored. */
export interface Note {
  name: NoteName;
  /** A machine, a service, `machine/name` of an agent, or what a command is about. */
  subject: string;
  message: string;
}

const isNoteName = (name: string): name is NoteName => Object.hasOwn(kindOfNote, name);

/** Whether it is a note and neither an alert nor the end of one. */
export const isNote = ({ name }: Pick<Alert, "name">): boolean => isNoteName(name);

/** Undefined when it is no note. */
export const noteKind = (name: string): NoteKind | undefined => (isNoteName(name) ? kindOfNote[name] : undefined);
