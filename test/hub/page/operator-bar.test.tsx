import { expect, it } from "vitest";
import type { OperatorState } from "../../../hub/page/operator.ts";
import { toHtml } from "../../../hub/page/to-html.ts";
import type { OperatorActions } from "../../../hub/page/view/actions.ts";
import { OperatorBar } from "../../../hub/page/view/operator-bar.tsx";
import { ago } from "./fixture.ts";

const nothing = () => {};
const act: OperatorActions = {
  open: nothing,
  cancel: nothing,
  give: nothing,
  endMaintenance: nothing,
  endSilence: nothing,
  signOut: nothing,
};
const look = { nowMs: Date.parse(ago(0)), heardAgoMs: 0, zone: "local" } as const;
const session = { by: "ann", until: ago(-3_600_000) };
const text = "pc2 is not in sync";
const asked: OperatorState = { form: { kind: "maintenance", target: "pc2" }, said: { ok: false, text } };
const bar = (state: OperatorState, lostHome?: string) =>
  toHtml(<OperatorBar state={state} lostHome={lostHome} look={look} act={act} />).html;

it("says what came of an order unless its form does, which is drawn while the page's own hub feeds it to whoever is signed in", () => {
  expect(bar({ ...asked, session })).not.toContain(text);
  expect(bar({ ...asked, session }, "EdgeHub")).toContain(text);
  expect(bar(asked)).toContain(text);
  expect(bar({ session, said: { ok: true, text: "Done" } })).toContain("Done");
});
