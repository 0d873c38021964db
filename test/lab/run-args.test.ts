import { describe, expect, it } from "vitest";
import { OperatorError } from "../../ops/error.ts";
import { placeName, placeNames, planLab } from "./plan.ts";
import { capabilities, runArgs } from "./run-args.ts";

const plan = planLab("dev", "10.213.4.0/24");
const args = (place: "mainpc" | "jump") => runArgs(plan, plan.places[place], { image: "machine", dataMb: 512 });

describe("the plan of a lab", () => {
  it("gives every machine a container, volumes and an address of its own", () => {
    expect(plan).toMatchObject({ label: "tandem.lab=dev", network: "tandem-lab-dev", gateway: "10.213.4.1" });
    expect(plan.places.pc2).toEqual({
      name: "pc2",
      container: "tandem-lab-dev-pc2",
      address: "10.213.4.20",
      volumes: { engine: "tandem-lab-dev-pc2-engine", disk: "tandem-lab-dev-pc2-disk" },
    });
  });

  it("has a third machine only when a satellite is asked for", () => {
    expect(placeNames(false)).toEqual(["mainpc", "pc2", "jump"]);
    expect(placeNames(true)).toEqual(["mainpc", "pc2", "jump", "nas"]);
    expect(plan.places.nas).toMatchObject({ container: "tandem-lab-dev-nas", address: "10.213.4.40" });
  });

  it("leaves the default lab's name out", () => {
    expect(planLab("default", plan.subnet).places.mainpc.container).toBe("tandem-lab-mainpc");
  });

  it.each(["", "Dev", "1st", "a b", "--rm", "x".repeat(25)])("refuses the name %j", (name) => {
    expect(() => planLab(name, plan.subnet)).toThrow(OperatorError);
  });

  it("names its places when asked for another", () => {
    expect(() => placeName("moon")).toThrow("The lab has no moon");
  });
});

describe("a machine's docker run", () => {
  it("takes no privilege that careful grounds refuse", () => {
    expect(args("mainpc")).not.toContain("--privileged");
    for (const refused of ["SYS_RESOURCE", "CHECKPOINT_RESTORE", "BPF", "PERFMON", "ALL"])
      expect(capabilities).not.toContain(refused);
    expect(args("mainpc").filter((arg) => arg === "--cap-add")).toHaveLength(37);
  });

  it("has its engine's data on a volume, its address fixed, its label on it and the image last", () => {
    const line = args("mainpc").join(" ");
    expect(line).toContain("--volume tandem-lab-dev-mainpc-engine:/var/lib/docker");
    expect(line).toContain("--network tandem-lab-dev --ip 10.213.4.10");
    expect(line).toContain("--label tandem.lab=dev");
    expect(line).toContain("--env LAB_DATA_MB=512");
    expect(line).toMatch(/ machine$/);
  });

  it("gives a jump host no capabilities, no volumes and none of the host's control groups", () => {
    const line = args("jump").join(" ");
    expect(line).not.toMatch(/--cap-add|--volume|--cgroupns|--security-opt/);
    expect(line).toContain("--env LAB_ROLE=jump");
  });
});
