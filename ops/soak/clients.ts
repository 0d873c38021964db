/** Holds what our own clients were told against the hubs' ledgers: nothing that was acknowledged may be held by nobody. */
import type { HubWord } from "./look.ts";
import type { ClientCount } from "./slice.ts";

interface Client {
  acknowledged: number;
  uncertain: number;
  unseen: number;
  /** At most so many more duplicates, when they are first told of, came of a slice that was lost. */
  mostUnseen: number;
  duplicates: number | null;
  /** Least of this slice; null before the hubs could be asked. */
  lost: number | null;
  /** Of an earlier start: nothing is added to it any more. */
  past: boolean;
  lastLost: number | null;
}

export class Clients {
  readonly #clients = new Map<string, Client>();

  /**
   * @param past those of earlier starts of the same run
   * @param mostUnseen duplicates of each that the slice can hide which a sudden end lost. @default none was lost
   */
  constructor(past: ReadonlyMap<string, ClientCount> = new Map(), mostUnseen: (name: string) => number = () => 0) {
    for (const [name, { lost, ...counts }] of past)
      this.#clients.set(name, { ...counts, mostUnseen: mostUnseen(name), lost: null, past: true, lastLost: lost });
  }

  acknowledged(name: string): void {
    this.#of(name).acknowledged++;
  }

  /** A push that is not acknowledged, and may be stored all the same: it is sent again. */
  uncertain(name: string): void {
    this.#of(name).uncertain++;
  }

  /**
   * Loss stays, while a push that is on its way is missing for a moment only: the least of a slice is what is lost.
   * @param words of both hubs, when they are in sync; each holds all records then
   */
  compare(words: readonly HubWord[]): void {
    for (const [name, client] of this.#clients) {
      const lines = words.map(({ clients }) => clients.find((line) => line.client === name));
      if (lines.some((line) => line === undefined)) continue;
      const held = lines.map((line) => (line?.highest ?? 0) - (line?.missing ?? 0));
      const lost = Math.max(0, client.acknowledged - Math.min(...held));
      client.lost = client.lost === null ? lost : Math.min(client.lost, lost);
      const duplicates = Math.max(...lines.map((line) => line?.duplicates ?? 0));
      // What was told of before that slice is not its doing, nor is what comes later.
      const known = Math.max(client.duplicates ?? 0, client.uncertain + client.unseen);
      client.unseen += Math.min(client.mostUnseen, Math.max(0, duplicates - known));
      client.mostUnseen = 0;
      client.duplicates = duplicates;
    }
  }

  /** Of the slice that ends. */
  take(): Record<string, ClientCount> {
    return Object.fromEntries(
      [...this.#clients].map(([name, client]) => {
        const { acknowledged, uncertain, unseen, duplicates } = client;
        const lost = client.lost ?? (client.past ? client.lastLost : null);
        client.lastLost = lost;
        client.lost = null;
        return [name, { acknowledged, lost, duplicates, uncertain, unseen }];
      }),
    );
  }

  /** Whether nothing is lost of what this start's clients had acknowledged, by a word that came since the slice began. */
  get isSettled(): boolean {
    return [...this.#clients.values()].every(({ past, lost }) => past || lost === 0);
  }

  #of(name: string): Client {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const counts = { acknowledged: 0, uncertain: 0, unseen: 0, mostUnseen: 0 };
    const client: Client = { ...counts, duplicates: null, lost: null, past: false, lastLost: null };
    this.#clients.set(name, client);
    return client;
  }
}
