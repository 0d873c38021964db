/** Whom operators are working on: an agent or a whole machine, which is judged meanwhile, but neither alerted about nor moved. */
import { z } from "zod";
import { WallMs } from "./hlc.ts";

/** What an operator said of a target last. */
export const MaintenanceWindow = z.strictObject({
  /** A machine's name, or `machine/name` of an agent. */
  target: z.string().min(1).max(300),
  /** When it was said, wall ms; of two words on one target the later one counts. */
  saidMs: WallMs,
  /** It ends by itself then, wall ms. One that was ended early ends when that was said. */
  untilMs: WallMs,
  reason: z.string().max(200),
  by: z.string().max(100),
});
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** Targets that are remembered: the newest of those under way, then the newest of those that are over. */
export const mostWindows = 1_000;
/** For the file and the heartbeats; a hub of an older version may tell more than it should. */
export const MaintenanceWindows = z.array(MaintenanceWindow).max(10 * mostWindows);

/** A window that is over is remembered for so long, so that a peer that was away learns of its end, ms. */
const rememberMs = 86_400_000;

/** Mutable; both hubs hold the same one once each has heard what the other does. */
export class Maintenance {
  readonly #windows = new Map<string, MaintenanceWindow>();

  /** @param saidMs wall ms; moved behind what was said before of this target, whatever the clocks say */
  begin(word: MaintenanceWindow): MaintenanceWindow {
    const before = this.#windows.get(word.target);
    const window = { ...word, saidMs: Math.max(word.saidMs, (before?.saidMs ?? 0) + 1) };
    this.#windows.set(word.target, window);
    return window;
  }

  /** @returns undefined when none is under way */
  end(target: string, by: string, nowMs: number): MaintenanceWindow | undefined {
    const window = this.#windows.get(target);
    if (window === undefined || window.untilMs <= nowMs) return undefined;
    return this.begin({ ...window, by, saidMs: nowMs, untilMs: nowMs });
  }

  /** Takes in what the peer or the file says. @returns whether anything of it is new */
  merge(windows: readonly MaintenanceWindow[]): boolean {
    let isNew = false;
    for (const window of windows) {
      const before = this.#windows.get(window.target);
      if (before !== undefined && compare(window, before) <= 0) continue;
      this.#windows.set(window.target, window);
      isNew = true;
    }
    return isNew;
  }

  /** All that is under way or was of late, by target. */
  words(nowMs: number): MaintenanceWindow[] {
    for (const [target, { untilMs }] of this.#windows) if (nowMs - untilMs > rememberMs) this.#windows.delete(target);
    if (this.#windows.size > mostWindows) {
      const isOver = ({ untilMs }: MaintenanceWindow) => (untilMs > nowMs ? 0 : 1);
      const kept = [...this.#windows.values()].toSorted((a, b) => isOver(a) - isOver(b) || compare(b, a));
      for (const { target } of kept.slice(mostWindows)) this.#windows.delete(target);
    }
    return [...this.#windows.values()].toSorted((a, b) => (a.target < b.target ? -1 : 1));
  }

  active(nowMs: number): MaintenanceWindow[] {
    return this.words(nowMs).filter(({ untilMs }) => untilMs > nowMs);
  }

  /** Of an agent by its id, its machine's too; of a machine by its name. */
  covers(target: string, nowMs: number): boolean {
    const machine = target.split("/", 1)[0] ?? target;
    return this.isUnderWay(target, nowMs) || this.isUnderWay(machine, nowMs);
  }

  /** Looked up alone: asked of every notice twice a second. */
  protected isUnderWay(target: string, nowMs: number): boolean {
    return (this.#windows.get(target)?.untilMs ?? 0) > nowMs;
  }
}

/** As hubs tell of one, of maintenance and of a silence alike: instants are ISO 8601 in UTC. */
export const windowView = ({ target, saidMs, untilMs, reason, by }: MaintenanceWindow) => ({
  target,
  since: new Date(saidMs).toISOString(),
  until: new Date(untilMs).toISOString(),
  reason,
  by,
});

/** Both hubs come to the same one of two, even of those said in the same ms. */
function compare(a: MaintenanceWindow, b: MaintenanceWindow): number {
  if (a.saidMs !== b.saidMs) return a.saidMs - b.saidMs;
  if (a.untilMs !== b.untilMs) return a.untilMs - b.untilMs;
  const [left, right] = [`${a.by} ${a.reason}`, `${b.by} ${b.reason}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
