import { describe, expect, it } from "vitest";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import {
  begin,
  type Deed,
  type Facts,
  type HubSight,
  type SeenGroup,
  step,
  undo,
  withdraw,
} from "../../../ops/migrate/agent-step.ts";
import { MigrationLimits } from "../../../ops/migrate/limits.ts";
import type { Sample } from "../../../ops/migrate/samples.ts";
import { type AgentMigration, waiting } from "../../../ops/migrate/state.ts";

const limits = MigrationLimits.parse({ baselineMs: 1_000, watchMs: 5_000, stepMs: 10_000, undoMs: 3_000 });

const group = (text: string, revision?: number, ageMs = 0): SeenGroup => {
  const parsed = parseExposition(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { families: parsed.families, revision, ageMs };
};
const metrics = "# TYPE served_total counter\nserved_total 5\n# TYPE load gauge\nload 1\n";

/** An agent whose world obeys or not: its deeds become what is seen at the next look. */
class World {
  state: AgentMigration = begin(waiting("pc2/Tutor", "pc2 4", 0), 0);
  nowMs = 0;
  inStageMs = 0;
  file = 0;
  stage: "shadow" | "dual" | undefined;
  ill: string | undefined = "";
  latencyMs = 1;
  samples: Sample[] = [];
  deaf: string[] = [];
  scraped: SeenGroup | undefined = group(metrics);
  own: SeenGroup | undefined;
  shadow: SeenGroup | undefined;
  pushes = metrics;
  isHub = false;
  /** Whether the agent reads its file and the machine takes it. */
  reads = true;
  pairAway: string | undefined;
  /** Whether the hubs take what deletes a group. */
  deletes = true;
  deeds: string[] = [];

  get sights(): HubSight[] {
    return ["mainpc", "pc2"].map((hub) => ({ hub, scraped: this.scraped, own: this.own, shadow: this.shadow }));
  }

  get facts(): Facts {
    const { nowMs, inStageMs, pairAway, isHub, deaf, samples, sights, file } = this;
    return { nowMs, inStageMs, pairAway, isHub, deaf, samples, sights, file };
  }

  /** A look each 500 ms. */
  look(times = 1): this {
    for (let i = 0; i < times; i++) {
      this.nowMs += 500;
      if (this.pairAway === undefined) this.inStageMs += 500;
      this.samples.push({
        atMs: this.nowMs,
        ill: this.ill,
        latencyMs: this.latencyMs + this.nowMs / 1e6,
        aroundMs: null,
      });
      const next = step(this.state, this.facts, limits);
      if (next.state.stage !== this.state.stage) [this.samples, this.inStageMs] = [[], 0];
      this.state = next.state;
      for (const deed of next.deeds) this.obey(deed);
      if (this.reads && this.file > 0) {
        if (this.stage === "shadow") this.shadow = group(this.pushes, this.file);
        else this.own = group(this.pushes, this.file);
      }
    }
    return this;
  }

  obey(deed: Deed): void {
    this.deeds.push(deed.do === "delete group" ? `${deed.do} ${deed.which}` : deed.do);
    if (deed.do === "write file") [this.file, this.stage] = [deed.revision, deed.stage];
    else if (deed.do === "remove file") [this.file, this.stage] = [0, undefined];
    else if (!this.deletes) return;
    else if (deed.which === "shadow") this.shadow = undefined;
    else this.own = undefined;
  }

  until(stage: AgentMigration["stage"]): this {
    for (let looks = 0; this.state.stage !== stage; looks++) {
      if (looks > 200) throw new Error(`it never comes to ${stage}: ${this.state.stage}, ${this.state.why}`);
      this.look();
    }
    return this;
  }
}

describe("an agent that is migrated", () => {
  it("is looked at for 1 s, pushes beside its scrape, is cut over and watched for 5 s, and is done", () => {
    const world = new World();
    expect(world.until("shadow").nowMs).toBe(1_000);
    expect(world.state).toMatchObject({ revision: 1, pushedBefore: false, baseline: { samples: 2 } });
    world.until("cutover").until("watch");
    expect(world.state.revision).toBe(2);
    const since = world.nowMs;
    world.until("done");
    expect(world.nowMs - since).toBe(5_000);
    expect(world.deeds).toEqual(["write file", "write file", "delete group shadow"]);
    expect(world.state).toMatchObject({ why: "", tookMs: world.nowMs });
    expect(world.look(10).deeds).toHaveLength(3);
  });

  it("is undone before anything is written when a port is deaf, or it is not well from the beginning", () => {
    const deaf = new World();
    deaf.deaf = ["health port 8108"];
    deaf.look();
    expect(deaf.state).toMatchObject({ stage: "undone", why: "preflight: nothing listens on its health port 8108" });
    const ill = new World();
    ill.ill = "unhealthy, no answer";
    ill.until("undone");
    expect(ill.state.why).toMatch(/^preflight: not well in 3 looks in a row: unhealthy, no answer$/);
    expect([...deaf.deeds, ...ill.deeds]).toEqual([]);
  });

  it("waits while no hub says how it is, and is refused when none does for 11 s", () => {
    const world = new World();
    world.ill = undefined;
    expect(world.look(20).state.stage).toBe("preflight");
    expect(world.until("undone").state.why).toBe("preflight: no hub says how it is");
  });

  it("is taken back from its shadow when a series is not among what it pushes", () => {
    const world = new World();
    world.pushes = "# TYPE served_total counter\nserved_total 5\n";
    world.until("undone");
    expect(world.state.why).toBe("shadow: 1 of its 2 series are not among what it pushes: load");
    expect(world).toMatchObject({ file: 0, shadow: undefined, own: undefined });
  });

  it("is taken back when it does not read its file within 10 s", () => {
    const world = new World();
    world.reads = false;
    world.until("undone");
    expect(world.state.why).toBe(
      "shadow: it has not read its hub file: no push by revision 1 (shadow) came to mainpc and pc2 within 10 s",
    );
  });

  it("is taken back within 1.5 s of looks when it turns ill in its watch window, and what it pushed is deleted", () => {
    const world = new World().until("watch").look(2);
    const since = world.nowMs;
    world.ill = "degraded, its model is gone";
    world.until("undoing");
    expect(world.nowMs - since).toBe(1_500);
    expect(world.until("undone").state.why).toMatch(/^watch: not well in 3 looks in a row: degraded/);
    expect(world.deeds.slice(3)).toEqual(["remove file", "delete group own"]);
  });

  it("is taken back 10 s after its window of 5 s when its shadow group cannot be deleted, and is not watched for ever", () => {
    const world = new World();
    world.deletes = false;
    const since = world.until("watch").nowMs;
    world.until("undoing");
    expect(world.nowMs - since).toBe(15_500);
    expect(world.state.why).toBe("watch: its shadow group comes again, 10 s after its window");
    expect(world.until("undone").state.why).toContain("not wholly undone: its shadow group comes again");
  });

  it("is taken back 10 s after its window of 5 s when no hub says how it is any more", () => {
    const world = new World().until("watch");
    world.ill = undefined;
    expect(world.until("undoing").state.why).toBe("watch: no hub says how it is, 10 s after its window");
  });

  it("is taken back when its pushes are 91 s old", () => {
    const world = new World().until("watch").look(1);
    world.reads = false;
    world.own = group(metrics, world.state.revision, 91_000);
    expect(world.look().state.why).toBe("watch: its newest push is 91 s old");
  });

  it("gets its file again when that was lost, in shadow, cutover and watch", () => {
    for (const stage of ["shadow", "cutover", "watch"] as const) {
      const world = new World();
      world.until(stage);
      const writes = world.deeds.filter((deed) => deed === "write file").length;
      world.reads = false;
      [world.file, world.stage] = [0, undefined];
      if (stage !== "watch") [world.own, world.shadow] = [undefined, undefined];
      world.look();
      expect(world.deeds.filter((deed) => deed === "write file").length, stage).toBe(writes + 1);
      expect(world.file).toBe(world.state.revision);
    }
  });

  it("stands still while the pair is not whole, however long that takes", () => {
    const world = new World().until("watch");
    const before = world.state;
    world.pairAway = "the hub of pc2 does not answer";
    world.ill = "unhealthy";
    expect(world.look(100).state).toBe(before);
  });

  it("that pushed before keeps its group when it is taken back", () => {
    const world = new World();
    world.own = group(metrics);
    world.until("watch");
    expect(world.state.pushedBefore).toBe(true);
    world.ill = "unhealthy";
    world.until("undone");
    expect(world.deeds).not.toContain("delete group own");
  });

  it("that showed nothing before is migrated with a note", () => {
    const world = new World();
    world.scraped = undefined;
    world.until("done");
    expect(world.state.notes).toEqual(["it showed no metrics before: there was nothing to compare"]);
  });

  it("that is a hub is done after its preflight, with nothing written", () => {
    const world = new World();
    world.isHub = true;
    world.until("done");
    expect(world.deeds).toEqual([]);
  });

  it("is withdrawn with its batch and waits again, at a higher revision the next time", () => {
    const world = new World().until("shadow");
    [world.state, world.inStageMs] = [withdraw(world.state, world.nowMs), 0];
    world.until("waiting");
    expect(world).toMatchObject({ file: 0, shadow: undefined });
    world.state = begin(world.state, world.nowMs);
    [world.samples, world.inStageMs] = [[], 0];
    expect(world.until("done").state.revision).toBe(3);
  });

  it("is taken back by an operator's word when it was done", () => {
    const world = new World().until("done");
    [world.state, world.inStageMs] = [undo(world.state, "asked by ops", world.nowMs).state, 0];
    world.until("undone");
    expect(world).toMatchObject({ file: 0, own: undefined, state: { why: "done: asked by ops" } });
  });

  it("is undone with what is left named when it goes on pushing by a file that is gone", () => {
    const world = new World().until("watch");
    [world.state, world.inStageMs] = [undo(world.state, "asked by ops", world.nowMs).state, 0];
    for (let i = 0; i < 20; i++) {
      world.look();
      if (world.state.stage === "undoing") world.own = group(metrics, 2);
    }
    expect(world.state).toMatchObject({
      stage: "undone",
      why: "watch: asked by ops; not wholly undone: its own group comes again",
    });
  });
});
