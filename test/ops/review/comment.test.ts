import { describe, expect, it } from "vitest";
import { effectsOf } from "../../../ops/review/changes.ts";
import { marker, type Reviewed, renderComment } from "../../../ops/review/comment.ts";
import { readPlan } from "../../../ops/review/events.ts";
import { mostBytes } from "../../../ops/review/fitted.ts";
import { file, log, said, step, summary, violation } from "./events.ts";

const path = "/etc/tandem/hub/hub.json";
const hubConfig = (port: number) =>
  file(path, ...Array.from({ length: 900 }, (_, n) => `  "line${n}": ${n === 450 ? port : n},`));

/** What one line of a stack's file, or of the inventory, does to a machine. */
const oneLine = [
  step("command", "mainpc-hub-config-write", {
    diffs: ["stdin"],
    before: { stdin: hubConfig(9000) },
    after: { stdin: hubConfig(9001) },
  }),
  step("container", "mainpc-hub-container", { op: "replace", diffs: ["labels"], after: { name: "tandem-mainpc-hub" } }),
  said("warning", "NATS of mainpc asks nobody who they are. Keep the network to machines you trust."),
  summary({ same: 29, update: 1, replace: 1 }),
];

function reviewed(machine: string, events: unknown[], more: Partial<Reviewed> = {}): Reviewed {
  const { changes, counts, ...plan } = readPlan(log(...events));
  const text = `Previewing update (${machine}):\n    ~ stdin`;
  return {
    machine,
    stack: machine,
    effects: effectsOf({ changes, counts }),
    counts,
    failed: false,
    text,
    ...plan,
    ...more,
  };
}

const still = (machine: string) => reviewed(machine, [summary({ same: 31 })]);
const render = (machines: Reviewed[], drift: "left out" | "files" = "left out") => renderComment({ machines, drift });
/** What is seen before anything is unfolded. */
const open = (comment: string) => comment.slice(0, comment.indexOf("<details>")).trimEnd().split("\n");

describe("the comment for a one-line change", () => {
  it("says in its first visible line what happens, and is read whole without scrolling: 25 lines, for two machines too", () => {
    const one = open(render([reviewed("mainpc", oneLine), still("pc2")]));
    expect(one[0]).toBe(marker);
    expect(one[2]).toBe("**On mainpc 1 container is replaced and 1 file changes. Nothing changes on pc2.**");
    expect(one.length).toBeLessThanOrEqual(25);
    const both = open(render([reviewed("mainpc", oneLine), reviewed("pc2", oneLine.slice(0, 2))]));
    expect(both[2]).toBe(
      "**On mainpc 1 container is replaced and 1 file changes. On pc2 1 container is replaced and 1 file changes.**",
    );
    expect(both.length).toBeLessThanOrEqual(25);
    expect(both).toContain("`/etc/tandem/hub/hub.json` on mainpc and pc2:");
  });

  it("shows the change itself, what restarts and why", () => {
    const text = open(render([reviewed("mainpc", oneLine), still("pc2")])).join("\n");
    expect(text).toContain('-  "line450": 9000,\n+  "line450": 9001,');
    expect(text).toContain(
      "**mainpc** replaces `tandem-mainpc-hub` by one that starts beside it, since its configuration changes.",
    );
    expect(text).toContain("`/etc/tandem/hub/hub.json` on mainpc:");
    expect(text).toContain("- mainpc warns: NATS of mainpc asks nobody who they are.");
  });

  it("calls it a restart where the old one goes before the new one comes", () => {
    const nats = { diffs: ["labels"], after: { name: "tandem-mainpc-nats" } };
    const events = [
      step("container", "n", { op: "delete-replaced", logical: false }),
      step("container", "n", { op: "replace", ...nats }),
    ];
    const text = open(render([reviewed("mainpc", events)])).join("\n");
    expect(text).toContain("**On mainpc 1 container restarts.**");
    expect(text).toContain("**mainpc** restarts `tandem-mainpc-nats`, since its configuration changes.");
  });

  it("has the whole previews folded", () => {
    const comment = render([reviewed("mainpc", oneLine), still("pc2")]);
    expect(comment.match(/<details><summary>/g)).toHaveLength(2);
    expect(comment).toContain("```text\nPreviewing update (pc2):");
  });
});

describe("the verdict", () => {
  const verdict = (...machines: Reviewed[]) => open(render(machines))[2];

  it("says that nothing changes, that a machine is new, or that a preview failed, with why", () => {
    expect(verdict(still("mainpc"), still("pc2"))).toBe("**Nothing changes on mainpc and pc2.**");
    const fresh = [step("container", "a", { op: "create", after: { name: "Tutor" } }), summary({ create: 31 })];
    expect(verdict(reviewed("mainpc", fresh))).toBe("**On mainpc everything is new: 1 container starts.**");
    const failed = reviewed("pc2", [said("error", "incorrect passphrase")], { failed: true });
    expect(verdict(still("mainpc"), failed)).toBe("**Cannot be deployed: the preview of pc2 failed.**");
    expect(render([failed])).toContain("**pc2**\n\n```text\nincorrect passphrase\n```");
  });

  it("says first that a rule is violated, and the comment which one, by what, and what to do", () => {
    const broken = reviewed("mainpc", [violation("image-has-a-tag", "box: nats has no tag\n→ Name a version")], {
      failed: true,
    });
    expect(verdict(broken)).toBe("**Must not be deployed: a rule is violated on mainpc.**");
    expect(render([broken])).toContain("- violates `image-has-a-tag`: box: nats has no tag → Name a version");
    expect(render([broken])).not.toContain("All rules of the policy pack hold");
    expect(render([still("mainpc")])).toContain("All rules of the policy pack hold");
  });
});

it("says whether the machines were looked at", () => {
  expect(render([still("mainpc")])).toContain("Drift is left out: this runner does not reach the machines");
  expect(render([still("mainpc")], "files")).toContain("Files that were changed by hand");
});

describe("a comment of a large change", () => {
  const agents = Array.from({ length: 60 }, (_, n) =>
    step("container", `a${n}`, { op: "create", after: { name: `Agent${n}` } }),
  );
  const rewritten = Array.from({ length: 30 }, (_, n) =>
    step("command", `c${n}`, {
      diffs: ["stdin"],
      before: { stdin: file(`/etc/${n}`, ...Array(30).fill("old")) },
      after: { stdin: file(`/etc/${n}`, ...Array(30).fill("new")) },
    }),
  );
  const huge = { text: `${"+ a line of the preview, with an umlaut: ü\n".repeat(4_000)}Resources:` };
  const comment = render([reviewed("mainpc", [...agents, ...rewritten], huge), reviewed("pc2", [], huge)]);

  it("stays below what GitHub takes, 65,536 characters, and says of each preview that it is cut", () => {
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(mostBytes);
    expect(Buffer.byteLength(comment)).toBeGreaterThan(60_000);
    for (const stack of ["mainpc", "pc2"])
      expect(comment).toContain(`, cut: <code>pulumi preview --diff -s ${stack}</code> shows all 4001 lines</summary>`);
    expect(comment.match(/<\/details>/g)).toHaveLength(2);
  });

  it("counts in its open part what it does not list there", () => {
    const text = open(comment).join("\n");
    expect(open(comment).length).toBeLessThan(60);
    expect(text).toContain("`Agent7` and 52 more");
    expect(text).toContain("22 more files, below.");
    expect(text).toContain("differs in 60 lines, below.");
  });
});

describe("what a text in it holds", () => {
  it("is not taken for Markdown, a tag or a mention", () => {
    const warning = "**bold** <script> @octocat [a](http://b) `code`";
    const comment = render([reviewed("mainpc", [said("warning", warning)])]);
    expect(comment).toContain("\\*\\*bold\\*\\* &lt;script> @\u200boctocat \\[a\\](http://b) \\`code\\`");
  });

  it("does not end its fence, however many backticks it has", () => {
    const comment = render([reviewed("mainpc", [], { text: "````\n</details>" })]);
    expect(comment).toContain("`````text\n````\n</details>\n`````");
  });
});
