/**
 * One group as the writes of both machines leave it, in whatever order they arrive: the newest write wins, per group for
 * PUT and DELETE, per metric name for POST. Three stamps are enough, because what a clearing write hides stays hidden.
 */
import type { Group } from "../group-path.ts";
import { compareHlc, type Hlc } from "../hlc.ts";
import { LabelMerger } from "./label-merger.ts";
import type { PreparedFamily } from "./prepare.ts";
import { familyBytes, groupBytes } from "./snapshot-size.ts";

/** When a write was made and by whom, which tells equal times apart. */
export interface Stamp {
  at: Hlc;
  machine: string;
}

export interface StoredFamily extends PreparedFamily {
  /** The group's key, and the names of its labels. */
  key: string;
  shape: string;
  stamp: Stamp;
}

export interface GroupChange {
  /** False when all of the write was older than what the group knew. */
  took: boolean;
  removed: StoredFamily[];
  added: StoredFamily[];
}

/** Everything that decides what a group looks like: for a snapshot, and for comparing two hubs. */
export interface GroupDump {
  key: string;
  group: Group;
  cleared?: Stamp | undefined;
  deleted?: Stamp | undefined;
  written?: Stamp | undefined;
  /** Of the newest PUT or POST; undefined when the group lives until it is deleted. */
  expiresAfterMs?: number | undefined;
  families: (Omit<PreparedFamily, "characters"> & { stamp: Stamp })[];
}

export function isNewer(a: Stamp, b: Stamp | undefined): boolean {
  return b === undefined || compareHlc(a.at, b.at, a.machine, b.machine) > 0;
}

/** Later than this stamp and earlier than every other that is later: no machine's name ends in a zero byte. */
export function justAfter({ at, machine }: Stamp): Stamp {
  return { at, machine: `${machine}\0` };
}

export class GroupState {
  readonly key: string;
  readonly group: Group;
  /** Names of the group's labels: two groups can hold the same series only when these differ. */
  readonly shape: string;
  readonly families = new Map<string, StoredFamily>();
  /** Sample lines of all families. */
  series = 0;
  /** What it takes of a snapshot without families, and with them, bytes. */
  readonly emptyCharacters: number;
  characters: number;
  #labelText: string | undefined;
  /** Newest PUT or DELETE: nothing older is visible. */
  #cleared: Stamp | undefined;
  #deleted: Stamp | undefined;
  /** Newest PUT or POST, unless a newer DELETE made it void. */
  #written: Stamp | undefined;
  #expiresAfterMs: number | undefined;

  constructor(key: string, group: Group) {
    this.key = key;
    this.group = group;
    this.emptyCharacters = groupBytes(group);
    this.characters = this.emptyCharacters;
    this.shape = group.map(([name]) => name).join();
  }

  /** The group's labels as they stand on series that have none of their own. */
  get labelText(): string {
    this.#labelText ??= new LabelMerger(this.group).text([]);
    return this.#labelText;
  }

  get exists(): boolean {
    return this.#written !== undefined;
  }

  /** Wall time of the newest PUT or POST, ms; 0 when the group does not exist. */
  get pushedAtMs(): number {
    return this.#written?.at.wallMs ?? 0;
  }

  /** The newest PUT or POST and how long the group lives after it, ms; undefined when it does not exist or not expire. */
  get expiry(): { written: Stamp; afterMs: number } | undefined {
    if (this.#written === undefined || this.#expiresAfterMs === undefined) return undefined;
    return { written: this.#written, afterMs: this.#expiresAfterMs };
  }

  /** The newest write of any kind. */
  get newest(): Stamp | undefined {
    return this.#written ?? this.#deleted;
  }

  /** Whether nothing of a write with this stamp could become visible, so that its body need not be read. */
  hides(stamp: Stamp): boolean {
    return this.#cleared !== undefined && isNewer(this.#cleared, stamp);
  }

  delete(stamp: Stamp): GroupChange {
    const newest = isNewer(stamp, this.newest);
    if (isNewer(stamp, this.#deleted)) this.#deleted = stamp;
    if (newest) this.#written = this.#expiresAfterMs = undefined;
    const removed = this.#clear(stamp);
    return { took: newest || removed.length > 0, removed, added: [] };
  }

  /** @param expiresAfterMs how long the group lives when no later write comes; undefined for ever */
  write(
    op: "put" | "post",
    stamp: Stamp,
    families: readonly PreparedFamily[],
    expiresAfterMs: number | undefined,
  ): GroupChange {
    if (this.hides(stamp)) return { took: false, removed: [], added: [] };
    const raised = isNewer(stamp, this.#written);
    if (raised) [this.#written, this.#expiresAfterMs] = [stamp, expiresAfterMs];
    const removed = op === "put" ? this.#clear(stamp) : [];
    const added: StoredFamily[] = [];
    for (const family of families) this.#take({ ...family, stamp }, added, removed);
    return { took: raised || removed.length > 0 || added.length > 0, removed, added };
  }

  /** Takes in all that another hub, or this one before its start, knew of the group: as if its writes came now. */
  merge({ cleared, deleted, written, expiresAfterMs, families }: Omit<GroupDump, "key" | "group">): GroupChange {
    const before = this.newest;
    const removed = cleared === undefined ? [] : this.#clear(cleared);
    if (deleted !== undefined && isNewer(deleted, this.#deleted)) this.#deleted = deleted;
    if (written !== undefined && isNewer(written, this.#written)) {
      [this.#written, this.#expiresAfterMs] = [written, expiresAfterMs];
    }
    if (this.#written !== undefined && this.#deleted !== undefined && isNewer(this.#deleted, this.#written)) {
      this.#written = this.#expiresAfterMs = undefined;
    }
    const added: StoredFamily[] = [];
    for (const family of families) this.#take({ ...family, characters: familyBytes(family) }, added, removed);
    const took = this.newest !== before || removed.length > 0 || added.length > 0;
    return { took, removed, added };
  }

  dump(): GroupDump {
    const families = [...this.families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      key: this.key,
      group: this.group,
      cleared: this.#cleared,
      deleted: this.#deleted,
      written: this.#written,
      expiresAfterMs: this.#expiresAfterMs,
      families: families.map(({ key: _key, shape: _shape, characters: _characters, ...family }) => family),
    };
  }

  #take(family: PreparedFamily & { stamp: Stamp }, added: StoredFamily[], removed: StoredFamily[]): void {
    if (this.hides(family.stamp)) return;
    const current = this.families.get(family.name);
    if (current !== undefined && !isNewer(family.stamp, current.stamp)) return;
    if (current !== undefined) {
      removed.push(current);
      this.#count(current, -1);
    }
    const stored = { ...family, key: this.key, shape: this.shape };
    this.families.set(family.name, stored);
    added.push(stored);
    this.#count(stored, 1);
  }

  #count(family: StoredFamily, sign: 1 | -1): void {
    this.series += sign * family.series;
    this.characters += sign * family.characters;
  }

  #clear(stamp: Stamp): StoredFamily[] {
    if (!isNewer(stamp, this.#cleared)) return [];
    this.#cleared = stamp;
    const removed = [...this.families.values()].filter((family) => isNewer(stamp, family.stamp));
    for (const family of removed) {
      this.families.delete(family.name);
      this.#count(family, -1);
    }
    return removed;
  }
}
