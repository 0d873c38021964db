/** What the failover hears and what it asks for; all times are monotonic ms of the thread that asks it. */
import { z } from "zod";
import type { AlertName } from "../alert-names.ts";
import type { Health } from "../record.ts";
import type { Verdict } from "../verdict.ts";
import { Epoch } from "./epoch.ts";

// What a newer hub says beyond this is passed over, so that the two can be of different versions for a while.
export const Entry = z.object({
  /** Grows by one with each move; its parity says which machine minted it. */
  epoch: Epoch,
  /** Its owner has given it up and acts no more: the other machine may take the next epoch at once. */
  released: z.boolean(),
  /** An operator moved it away from home: no failback undoes that. */
  stays: z.literal(true).optional(),
});
export type Entry = Readonly<z.infer<typeof Entry>>;

/**
 * Who owns what, by service. One without an entry is its home's, in its home's first epoch: until that is written down, which is soon, and from then on
 * the configuration has no say in who owns it.
 */
export const Table = z.record(z.string(), Entry);
export type Table = Readonly<Record<string, Entry>>;

/** From a hub that yields, to its successor. */
const Left = z.object({
  /** In which start of the machine it was written. */
  boot: z.string(),
  atMs: z.number(),
  /** Epochs in which it acted for single writers without a bound. */
  unbounded: z.record(z.string(), Epoch),
});

/** What the disk keeps. */
export const Saved = z.object({
  table: Table,
  /** It began on an empty disk, and neither witness nor peer had told it yet what else there was. */
  blank: z.boolean(),
  left: Left.optional(),
});
export type Saved = Readonly<z.infer<typeof Saved>>;

/** What one machine's failover tells the other's: all of it, each time. */
export const Word = z.object({
  v: z.literal(1),
  table: Table,
  /** Its disk remembered nothing, and nobody has told it yet. */
  blank: z.boolean(),
  /** Services whose instances act there now. */
  acts: z.array(z.string()),
  /** Switchovers that an operator asked for there and that the owner is to begin; `turn` tells two asks apart. */
  asks: z.array(z.object({ service: z.string(), epoch: Epoch, turn: z.number().int() })),
  /** The last ask for each service that was begun and given up there, and what stays as it is for which reason. */
  givenUp: z.array(z.object({ service: z.string(), turn: z.number().int(), text: z.string() })),
  /** Its disk takes nothing, so nothing may be given to it. */
  unwritten: z.literal(true).optional(),
  /** Services whose home this machine is, by its own configuration. An older hub does not say. */
  homes: z.array(z.string()).optional(),
});
export type Word = Readonly<z.infer<typeof Word>>;

/** What the witness holds of a service. */
export interface WitnessKey {
  epoch: number;
  /** Machine that wrote it. */
  writer: string;
  /** Grows with each write of that machine. */
  turn: number;
  /** Of the store: a write succeeds only on the revision that it names. */
  revision: number;
}

export type OperatorOrder =
  /** This machine takes the service. `confirmPeerDead`: the operator has seen that the other machine is off. */
  | { kind: "take"; service: string; confirmPeerDead: boolean }
  /** The service goes to the other machine than its owner, without a failed request. */
  | { kind: "switchover"; service: string }
  /** While on, nothing of it moves by itself, by this machine's doing. `subject`: name of a service or of a machine. */
  | { kind: "maintenance"; subject: string; on: boolean };

export type FailoverEvent =
  /** Time passed; every 50 ms or so. */
  | { type: "tick"; atMs: number }
  /** A beat left, with the digest of the last outcome, and with an acknowledgement of the last beat heard. */
  | { type: "beat-sent"; counter: number; atMs: number }
  /** A beat of the peer came, in any order. `ack`: the beat of ours that the peer had heard last when it sent this one. */
  | { type: "beat-heard"; digest: string; ack?: { incarnation: string; counter: number; digest: string }; atMs: number }
  | { type: "word"; word: Word; atMs: number }
  /** How the peer's hub and machine are judged now. */
  | { type: "verdict"; hub: Verdict; machine: Verdict; atMs: number }
  /** Whether none of the reference addresses answers this machine. */
  | { type: "isolated"; cutOff: boolean; atMs: number }
  /** Health of an instance, `machine/name`; at each change, and after each `probe` that was asked for. */
  | { type: "health"; instance: string; health: Health; seenAtMs?: number; atMs: number }
  /** `inSync`: the peer has stored all records of ours. `refilled`: each side has what the other held alone. */
  | { type: "sync"; inSync: boolean; refilled: boolean; atMs: number }
  /** Answer to `read-witness`. */
  | { type: "witness-read"; keys: Readonly<Record<string, WitnessKey>> | "silent"; atMs: number }
  /** Answer to `write-witness`: the new revision, or why there is none. Silence says nothing: it may be written. */
  | {
      type: "witness-written";
      service: string;
      epoch: number;
      turn: number;
      result: number | "conflict" | "silent";
      atMs: number;
    }
  /** `request` comes back with the answer. */
  | { type: "operator"; request: string; order: OperatorOrder; atMs: number }
  /** Router and supervisor of this machine confirm that the service does not act here any more (or there are none for it). */
  | { type: "quiet"; service: string; epoch: number; atMs: number }
  /** The table is on disk, safe from a power cut. */
  | { type: "persisted"; saved: Saved; atMs: number }
  /** This thread or machine stood still: clocks may have missed it. */
  | { type: "slept"; ms: number; atMs: number };

export type FailoverCommand =
  /** Write it to disk, then say `persisted`; asked again each second until that comes. */
  | { type: "persist"; saved: Saved }
  | { type: "read-witness" }
  /** Compare and set: only on `expectedRevision`, 0 for a key that must not exist. */
  | {
      type: "write-witness";
      service: string;
      epoch: number;
      writer: string;
      turn: number;
      expectedRevision: number;
    }
  /** The service must stop to act here (`routesOf` says so already): answer `quiet` once it has. */
  | { type: "hush"; service: string; epoch: number }
  | { type: "moved"; service: string; from: string; to: string; epoch: number; why: string }
  | { type: "alert"; severity: "urgent" | "warning" | "resolved"; name: AlertName; subject: string; message: string }
  /** Ask the instance for its health at once. */
  | { type: "probe"; instance: string }
  /** A switchover that was ordered on this machine, or begun by it, is given up. */
  | { type: "given-up"; service: string; text: string }
  /** To the operator whose event had this `request`. */
  | { type: "answer"; request: string; ok: boolean; text: string };
