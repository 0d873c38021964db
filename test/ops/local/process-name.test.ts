import { describe, expect, it } from "vitest";
import { processName } from "../../../ops/local/process-name.ts";

const folder = "/home/a user/.tandem";
const nameOf = (command: string) => processName({ command }, folder, ["mainpc", "pc2"]);
const nameOfWords = (...args: string[]) => processName({ command: args.join(" "), args }, folder, ["mainpc", "pc2"]);

describe("a process of a local pair", () => {
  it("is named by the file of its machine's folder in its command line, also where that has spaces", () => {
    expect(nameOf(`node hub.mjs --config ${folder}/mainpc/hub.json`)).toBe("mainpc/hub");
    expect(nameOf(`/tools/nats-server -c ${folder}/pc2/nats.conf`)).toBe("pc2/nats");
    expect(nameOf(`pushgateway --persistence.file=${folder}/pc2/pushgateway.db --x=1`)).toBe("pc2/pushgateway");
    expect(nameOf(`node host.ts --config ${folder}/mainpc/pilot-TutorAgent.json`)).toBe("mainpc/pilot-TutorAgent");
    expect(nameOfWords("/my tools/node", "hub.mjs", "--config", `${folder}/mainpc/hub.json`)).toBe("mainpc/hub");
    expect(nameOfWords("/my tools/nats-server", "-c", `${folder}/pc2/nats.conf`)).toBe("pc2/nats");
  });

  it("is none of another run", () => {
    expect(nameOf(`node hub.mjs --config /srv${folder}/mainpc/hub.json`)).toBeUndefined();
    expect(nameOf(`node hub.mjs --config ${folder}/mainpc2/hub.json`)).toBeUndefined();
  });

  it("is none that reads a log, edits or packs a file, or is a shell around one", () => {
    for (const words of [
      ["tail", "-F", `${folder}/mainpc/logs/hub.log`],
      ["vim", `${folder}/mainpc/hub.json`],
      ["wc", "-c", `${folder}/mainpc/nats.conf`],
      ["tar", "-cf", "all.tar", `${folder}/mainpc/`],
      ["cp", "--target=x", `${folder}/pc2/pushgateway.db`],
      ["node", "read.mjs", "--config", `${folder}/mainpc/logs/hub.log`],
      ["sh", "-c", `node hub.mjs --config ${folder}/mainpc/hub.json | tee log`],
    ])
      expect(nameOfWords(...words), words.join(" ")).toBeUndefined();
  });
});
