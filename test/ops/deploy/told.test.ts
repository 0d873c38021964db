import { expect, it } from "vitest";
import type { Played } from "../../../ops/deploy/carry-out.ts";
import { told } from "../../../ops/deploy/told.ts";
import type { CommandTold } from "../../../ops/site/tell-timeline.ts";

const about = { what: "rollback", number: 7, by: "ann@desk", machines: ["mainpc", "pc2"] };
const played: Played = { end: { outcome: "done" }, steps: [], logs: [], notes: [] };

function telling() {
  const said: string[] = [];
  const tell = async (_: unknown, { kind, phase, subject, text, by }: CommandTold) =>
    void said.push(`${kind} ${phase} ${subject}: ${text} (${by})`);
  return { said, tell };
}

it("a deployment is told before it is played and with how it ended", async () => {
  const { said, tell } = telling();
  const play = async () => {
    said.push("played");
    return played;
  };
  expect(await told(tell, [], about, play)).toBe(played);
  expect(said).toEqual([
    "deploy begun mainpc and pc2: rollback, deployment 7: changes mainpc and pc2 (ann@desk)",
    "played",
    "deploy ended mainpc and pc2: rollback, deployment 7: done (ann@desk)",
  ]);
});

it("one that breaks off is told as such, and its error goes on", async () => {
  const { said, tell } = telling();
  await expect(told(tell, [], about, () => Promise.reject(new Error("no engine")))).rejects.toThrow("no engine");
  expect(said[1]).toContain("ended mainpc and pc2: rollback, deployment 7: broke off");
});
