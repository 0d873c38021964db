/** All that the failover of one machine remembers between two events. */
import type { Health } from "../record.ts";
import type { Verdict } from "../verdict.ts";
import type { Maintenance, Table, WitnessKey, Word } from "./messages.ts";
import type { ServiceSpec, ServiceState } from "./service.ts";
import { digestTable } from "./table.ts";

export interface FailoverSetup {
  machine: string;
  peer: string;
  /** Of this start of the hub, as its beats carry it. */
  incarnation: string;
  /** Whether a witness is configured. */
  witness: boolean;
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

/** The votes of the two voters, both ways. What is by service was carried over from an earlier table. */
export interface LeaseState {
  /** Beats of ours by counter, and when they left; the newest last. */
  sent: readonly (readonly [counter: number, atMs: number])[];
  /** When the newest beat left that the peer acknowledged with the digest of the table that holds now. */
  ackedSentAtMs: number;
  /** Until when the peer's earlier votes count, by service. */
  peerUntilMs: Readonly<Record<string, number>>;
  /** Until when the last successful write at the witness counts, by service. */
  witnessUntilMs: Readonly<Record<string, number>>;
  /** When a beat of the peer with that digest was heard last, or first acknowledged, the newest digests only. */
  heard: readonly (readonly [digest: string, atMs: number])[];
  /** A beat was heard that no beat of ours has acknowledged yet. */
  heardUnanswered: boolean;
  /** Until when this machine promised not to take, by service. */
  promisedUntilMs: Readonly<Record<string, number>>;
}

export interface WitnessState {
  /** Undefined before the first answer. */
  view: Readonly<Record<string, { key: WitnessKey; seenAtMs: number }>> | undefined;
  /** When the first answer came: a key that is not there has been watched since then. */
  watchedSinceMs: number;
  /** When the last answer came. */
  answeredAtMs: number;
  askedAtMs: number;
  readingSinceMs: number | undefined;
  writing: Readonly<Record<string, WitnessWrite>>;
  /** Services whose write was answered since the read in flight began: it may have been overtaken. */
  overtaken: readonly string[];
  turn: number;
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

export interface FailoverState {
  setup: FailoverSetup;
  startedAtMs: number;
  /** The table on disk: the only one that may be acted on, acknowledged or said. */
  saved: Table;
  savedDigest: string;
  /** What is to be on disk; the same object when nothing is to be written. */
  wanted: Table;
  persistAskedAtMs: number;
  unsavedSinceMs: number | undefined;
  /** The disk remembered nothing, and neither witness nor peer has told it yet. */
  blank: boolean;
  peer: PeerState;
  isolated: boolean;
  lease: LeaseState;
  witness: WitnessState;
  health: Readonly<Record<string, Seen<Health>>>;
  sync: { inSync: boolean; refilled: boolean };
  maintenance: Readonly<Record<string, Maintenance>>;
  /** Services that this machine may act for without a vote, by an operator's word, in that epoch. */
  confirmed: Readonly<Record<string, number>>;
  asks: Readonly<Record<string, { epoch: number; turn: number; untilMs: number }>>;
  /** The peer's asks that were begun or given up. */
  answered: Readonly<Record<string, number>>;
  handOvers: Readonly<Record<string, HandOver>>;
  flaps: Readonly<Record<string, { count: number; atMs: number }>>;
  /** When this machine saw the service move last. */
  movedAtMs: Readonly<Record<string, number>>;
  /** Why the next epoch was wanted, until it is on disk. */
  reasons: Readonly<Record<string, string>>;
  /** Since when the home's machine and instance are well, by service; absent while they are not. */
  homeWellSinceMs: Readonly<Record<string, number>>;
  views: Readonly<Record<string, { state: ServiceState; reason: string; sinceMs: number }>>;
  /** Alerts that stand, by name and subject, with their text. */
  alerts: Readonly<Record<string, string>>;
}

/** @param persisted the table that the disk gave back; undefined where it gave none */
export function startFailover(setup: FailoverSetup, persisted: Table | undefined, atMs: number): FailoverState {
  const saved = persisted ?? {};
  const unheard = { value: "suspect", sinceMs: atMs, atMs } as const;
  return {
    setup,
    startedAtMs: atMs,
    saved,
    savedDigest: digestTable(saved),
    wanted: saved,
    persistAskedAtMs: atMs,
    unsavedSinceMs: undefined,
    blank: persisted === undefined,
    peer: { hub: unheard, machine: unheard, word: undefined },
    isolated: false,
    lease: {
      sent: [],
      ackedSentAtMs: Number.NEGATIVE_INFINITY,
      peerUntilMs: {},
      witnessUntilMs: {},
      heard: [],
      heardUnanswered: false,
      promisedUntilMs: {},
    },
    witness: {
      view: undefined,
      watchedSinceMs: atMs,
      answeredAtMs: atMs,
      askedAtMs: Number.NEGATIVE_INFINITY,
      readingSinceMs: undefined,
      writing: {},
      overtaken: [],
      turn: 0,
    },
    health: {},
    sync: { inSync: false, refilled: false },
    maintenance: {},
    confirmed: {},
    asks: {},
    answered: {},
    handOvers: {},
    flaps: {},
    movedAtMs: {},
    reasons: {},
    homeWellSinceMs: {},
    views: {},
    alerts: {},
  };
}
