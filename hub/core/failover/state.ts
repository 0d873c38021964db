/** All that the failover of one machine remembers between two events. */
import type { Health } from "../record.ts";
import type { Verdict } from "../verdict.ts";
import type { FailoverCommand, Saved, Table, WitnessKey, Word } from "./messages.ts";
import type { ServiceSpec, ServiceState } from "./service.ts";
import { inherited } from "./succession.ts";
import { complete, digestTable } from "./table.ts";

export interface FailoverSetup {
  machine: string;
  peer: string;
  /** Of this start of the hub, as its beats carry it. */
  incarnation: string;
  /** Whether a witness is configured. */
  witness: boolean;
  /** Whether this hub took over from one of the same machine that acted until then. @default false */
  succeeds?: boolean;
  /** Which start of the machine this is. @default "", which is like no other */
  boot?: string;
  services: readonly ServiceSpec[];
}

export interface Seen<T> {
  value: T;
  /** When it began. */
  sinceMs: number;
  /** When it was said last. */
  atMs: number;
}

export interface PeerState {
  hub: Seen<Verdict>;
  machine: Seen<Verdict>;
  /** Its last word since this start. */
  word: { value: Word; atMs: number } | undefined;
}

/** A vote for the owner of an epoch. */
export interface Vote {
  epoch: number;
  untilMs: number;
}

/** The votes of the two voters, both ways. What is by service was carried over from an earlier table. */
export interface LeaseState {
  /** Beats of ours by counter, and when they left; the newest last. */
  sent: readonly (readonly [counter: number, atMs: number])[];
  /** When the newest beat left that the peer acknowledged with the digest of the table that holds now. */
  ackedSentAtMs: number;
  peerVotes: Readonly<Record<string, Vote>>;
  /** By the last successful write. */
  witnessVotes: Readonly<Record<string, Vote>>;
  /** When a beat of the peer with that digest was heard last; the newest digests last, a few only. */
  heard: readonly (readonly [digest: string, atMs: number])[];
  /** The newest beat that was heard is not acknowledged yet. */
  unanswered: boolean;
  /** When this machine last heard, or first acknowledged, a beat with the digest that it says itself. */
  agreedAtMs: number;
  /** Until when this machine promised not to act, by service. */
  promisedUntilMs: Readonly<Record<string, number>>;
}

export interface WitnessState {
  /** By service; a key of revision 0 is not there. Undefined before the first answer. */
  view: Readonly<Record<string, WitnessSight>> | undefined;
  /** When the last answer came. */
  answeredAtMs: number;
  /** When it was last waited for in vain. */
  silentAtMs: number;
  askedAtMs: number;
  readingSinceMs: number | undefined;
  writing: Readonly<Record<string, WitnessWrite>>;
  /** Services whose write was answered since the read in flight began: it may have been overtaken. */
  overtaken: readonly string[];
  turn: number;
}

export interface WitnessSight {
  key: Pick<WitnessKey, "epoch" | "turn" | "revision"> & { writer: string | undefined };
  /** When it was seen to be so first: its owner has not renewed it since then. */
  seenAtMs: number;
}

export interface WitnessWrite {
  epoch: number;
  turn: number;
  begunAtMs: number;
  /** The write takes the service, and does not only renew it; with the reason. */
  takes: string | undefined;
  /** Its answer did not come: a read must say what became of it. */
  inDoubt: boolean;
}

/** A planned hand-over by this machine, the owner. */
export interface HandOver {
  epoch: number;
  /** `waits` for sync and for the other instance; `hushes` until nothing acts here any more. */
  step: "waits" | "hushes";
  sinceMs: number;
  untilMs: number;
  why: string;
  /** An operator wants it. */
  ordered: boolean;
}

/** An operator's word that the peer is off. */
export interface Confirmed {
  epoch: number;
  /** When he said so: what is not on disk a lease later was said of a time that is over. */
  atMs: number;
}

export interface FailoverState {
  setup: FailoverSetup;
  startedAtMs: number;
  /** When time was last known to pass. */
  tickedAtMs: number;
  /** The table on disk: the only one that may be acted on, acknowledged or said. */
  saved: Table;
  /** Of the table with the first epochs of those that it has no entry for: hubs that read one table differently do not vote for each other. */
  savedDigest: string;
  /** What the disk held when this hub started: no epoch grows far beyond it before the next start. */
  atStart: Table;
  /** What is to be on disk; the same object when nothing is to be written. */
  wanted: Table;
  /** What was given to the disk last, and when. */
  persisting: { table: Table; untold: boolean; atMs: number } | undefined;
  /** Since when the disk has taken nothing although it was asked; undefined while nothing is asked of it. */
  unsavedSinceMs: number | undefined;
  /** When the disk took something last. */
  writtenAtMs: number;
  /** The disk remembered nothing, and neither witness nor peer has told it yet, or that is not on disk. */
  blank: boolean;
  /** Neither the disk nor anybody has told yet. */
  untold: boolean;
  peer: PeerState;
  isolated: boolean;
  lease: LeaseState;
  witness: WitnessState;
  health: Readonly<Record<string, Seen<Health>>>;
  sync: { inSync: boolean; refilled: boolean };
  /** Services and machines in maintenance. Who keeps that on disk and tells the peer of it orders it here again after each start. */
  paused: readonly string[];
  /** Services that this machine may act for without a vote, by an operator's word or as the hub before it did, in that epoch. */
  confirmed: Readonly<Record<string, Confirmed>>;
  asks: Readonly<Record<string, { epoch: number; turn: number; untilMs: number }>>;
  /** The turn of the last ask of this machine for each service, until its end is known. */
  asked: Readonly<Record<string, number>>;
  /** The peer's asks that were begun or given up. */
  answered: Readonly<Record<string, number>>;
  /** Those of the peer's asks that were given up last, by service. */
  givenUp: Readonly<Record<string, { turn: number; text: string }>>;
  handOvers: Readonly<Record<string, HandOver>>;
  flaps: Readonly<Record<string, { count: number; atMs: number }>>;
  /** When the entry of a service changed last, as this machine saw it. */
  changedAtMs: Readonly<Record<string, number>>;
  /** Why the next epoch was wanted, until it is on disk. */
  reasons: Readonly<Record<string, string>>;
  /** Since when the home's machine and instance are well, by service; absent while they are not. */
  homeWellSinceMs: Readonly<Record<string, number>>;
  views: Readonly<Record<string, { state: ServiceState; reason: string; sinceMs: number }>>;
  /** Alerts that stand, by name and subject, with their text. */
  alerts: Readonly<Record<string, string>>;
}

/** What an event makes of a state, and what is to be done now. */
export interface Step {
  state: FailoverState;
  commands: FailoverCommand[];
}

/** @param disk what was persisted last; undefined where the disk gives nothing back */
export function startFailover(setup: FailoverSetup, disk: Saved | undefined, atMs: number): FailoverState {
  const { table: saved, blank } = disk ?? { table: {}, blank: true };
  const unheard = { value: "suspect", sinceMs: atMs, atMs } as const;
  return {
    setup,
    startedAtMs: atMs,
    tickedAtMs: atMs,
    saved,
    savedDigest: digestTable(complete(saved, setup.services)),
    atStart: saved,
    wanted: saved,
    persisting: undefined,
    unsavedSinceMs: undefined,
    writtenAtMs: Number.NEGATIVE_INFINITY,
    blank,
    untold: blank,
    peer: { hub: unheard, machine: unheard, word: undefined },
    isolated: false,
    lease: {
      sent: [],
      ackedSentAtMs: Number.NEGATIVE_INFINITY,
      peerVotes: {},
      witnessVotes: {},
      heard: [],
      unanswered: false,
      agreedAtMs: Number.NEGATIVE_INFINITY,
      promisedUntilMs: {},
    },
    witness: {
      view: undefined,
      answeredAtMs: atMs,
      silentAtMs: Number.NEGATIVE_INFINITY,
      askedAtMs: Number.NEGATIVE_INFINITY,
      readingSinceMs: undefined,
      writing: {},
      overtaken: [],
      turn: 0,
    },
    health: {},
    sync: { inSync: false, refilled: false },
    paused: [],
    confirmed: inherited(setup, disk, atMs),
    asks: {},
    asked: {},
    answered: {},
    givenUp: {},
    handOvers: {},
    flaps: {},
    changedAtMs: {},
    reasons: {},
    homeWellSinceMs: {},
    views: {},
    alerts: {},
  };
}
