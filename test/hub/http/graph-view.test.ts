import { expect, it } from "vitest";
import { GraphView } from "../../../hub/http/graph-json.ts";
import { graphView } from "../../../hub/http/graph-view.ts";
import { smallConfig } from "../small-config.ts";

it("names each agent with what it needs, by machine and name, and leaves out what is none", () => {
  const probe = { kind: "http", host: "127.0.0.1", port: 6 } as const;
  const agents = [
    { name: "Tutor", machine: "mainpc", group: "g", probe, needs: ["Registry", "pc2/Memory", "Nobody"] },
    { name: "Registry", machine: "mainpc", group: "g", probe },
    { name: "Memory", machine: "pc2", group: "g", probe, needs: ["Registry"] },
  ];
  expect(GraphView.parse(graphView(smallConfig({ agents })))).toEqual({
    machine: "mainpc",
    agents: [
      { id: "mainpc/Tutor", needs: ["mainpc/Registry", "pc2/Memory"] },
      { id: "mainpc/Registry", needs: [] },
      { id: "pc2/Memory", needs: ["mainpc/Registry"] },
    ],
  });
});
