import { describe, expect, it } from "vitest";
import { imageHasATag } from "../../../components/policy/images.ts";
import { effectsOf } from "../../../ops/review/changes.ts";
import { readPlan } from "../../../ops/review/events.ts";
import { file, log, said, secret, step, summary, violation } from "./events.ts";

const path = "/etc/tandem/hub/hub.json";
const effects = (...events: unknown[]) => effectsOf(readPlan(log(...events)));

describe("a plan", () => {
  it("knows each change once: the halves of a replacement and what stays are passed over", () => {
    const { changes, counts } = readPlan(
      log(
        step("machine", "mainpc", { op: "same" }),
        step("container", "mainpc-hub-container", { op: "delete-replaced", logical: false }),
        step("container", "mainpc-hub-container", { op: "replace", diffs: ["labels[0]", "labels[1]"] }),
        step("container", "mainpc-hub-container", { op: "create-replacement", logical: false }),
        summary({ same: 29, replace: 1 }),
      ),
    );
    expect(changes.map(({ op, name, keys, beside }) => ({ op, name, keys, beside }))).toEqual([
      { op: "replace", name: "mainpc-hub-container", keys: ["labels"], beside: false },
    ]);
    expect(counts).toEqual({ same: 29, replace: 1 });
  });

  it("keeps each warning and error once, and leaves out where plugins were found", () => {
    const plan = readPlan(
      log(
        said("warning", "using pulumi-resource-docker from $PATH\n"),
        said("warning", "Undefined value (grafana) will not show as a stack output.\n"),
        ...[1, 2].map(() => said("warning", "/etc/tandem/x on mainpc was deleted: up will replace it\n")),
        said("error", "it broke\n"),
        said("debug", "registering\n"),
      ),
    );
    expect(plan.warnings).toEqual(["/etc/tandem/x on mainpc was deleted: up will replace it"]);
    expect(plan.errors).toEqual(["it broke"]);
  });

  it("knows which rules are violated, and which could not be asked", () => {
    const { violations } = readPlan(
      // The engine puts the rule's description first.
      log(
        violation("image-has-a-tag", `${imageHasATag.description}\nnats has no tag\n`),
        violation("x", "can't run", "advisory"),
      ),
    );
    expect(violations).toEqual([
      { rule: "image-has-a-tag", message: "nats has no tag", mandatory: true },
      { rule: "x", message: "can't run", mandatory: false },
    ]);
  });

  it("of an empty log is empty", () => {
    expect(readPlan("")).toEqual({ changes: [], counts: {}, violations: [], warnings: [], errors: [] });
  });
});

describe("the effects of a plan", () => {
  it("name the container that restarts and why, and the lines of the file that it reads", () => {
    const found = effects(
      step("command", "mainpc-hub-config-write", {
        diffs: ["stdin"],
        before: { stdin: file(path, "{", '  "port": 9000', "}") },
        after: { stdin: file(path, "{", '  "port": 9001', "}") },
      }),
      step("container", "mainpc-hub-container", {
        op: "replace",
        diffs: ["labels"],
        after: { name: "tandem-mainpc-hub" },
      }),
    );
    const because = "its configuration changes";
    expect(found.restarts).toEqual([{ container: "tandem-mainpc-hub", because, beside: true }]);
    expect(found.files).toEqual([{ path, note: "", diff: [" {", '-  "port": 9000', '+  "port": 9001', " }"] }]);
    expect(found).toMatchObject({ starts: [], removes: [], others: [], fresh: false });
  });

  it("show no text of a secret file, old or new", () => {
    const stdin = { before: { stdin: secret }, after: { stdin: secret } };
    const [found] = effects(step("command", "mainpc-hub-nats-seed-write", { diffs: ["stdin"], ...stdin })).files;
    expect(found).toEqual({
      path: "mainpc-hub-nats-seed-write",
      note: "is a secret: its text is not shown",
      diff: [],
    });
  });

  it("say of a file that was changed by hand that it is put back", () => {
    const stdin = file(path, "{}");
    const [found] = effects(
      step("command", "x-write", { op: "replace", diffs: ["triggers"], before: { stdin }, after: { stdin } }),
    ).files;
    expect(found).toEqual({ path, note: "was changed by hand or deleted, and is put back", diff: [] });
  });

  it("name what starts, what is removed, what is pulled with what it was, and a script that runs again", () => {
    const found = effects(
      step("container", "a", { op: "create", after: { name: "Tutor" } }),
      step("container", "b", { op: "delete", before: { name: "Archive" } }),
      step("image", "c", { diffs: ["name"], before: { name: "nats:2.12.3" }, after: { name: "nats:2.12.4" } }),
      step("command", "mainpc-hub-data-make", { diffs: ["create"], before: {}, after: {} }),
      step("machine", "mainpc", { diffs: ["ports"] }),
    );
    const same = { stdin: file(path, "{}") };
    const again = step("command", "x-write", { diffs: ["create"], before: same, after: same });
    expect(effects(again)).toMatchObject({ files: [], others: [`writes \`${path}\` again, the same text`] });
    expect(found.starts).toEqual(["Tutor"]);
    expect(found.removes).toEqual(["Archive"]);
    expect(found.others).toEqual([
      "pulls `nats:2.12.4`, before `nats:2.12.3`",
      "runs `mainpc-hub-data-make`",
      "lists other ports",
    ]);
  });

  it("know a machine that is made for the first time", () => {
    const create = step("container", "a", { op: "create", after: { name: "Tutor" } });
    expect(effects(create, summary({ create: 31 })).fresh).toBe(true);
    expect(effects(create, summary({ create: 1, same: 30 })).fresh).toBe(false);
    expect(effects(summary({})).fresh).toBe(false);
  });
});
