import { describe, expect, it } from "vitest";
import { absentImages, readinessProblems, type Wanted } from "../../components/readiness.ts";

const wanted: Wanted = {
  ports: [{ port: 9_000, address: "192.0.2.10", container: "tandem-mainpc-hub", key: "machine.hubPort" }],
  directories: { "paths.data": "/var/lib/tandem", "paths.config": "/etc/tandem" },
  login: { user: "ops", become: "none" },
};
const problems = (...lines: string[]) => readinessProblems(lines.join("\n"), "mainpc", wanted);
const runs = "runs /tandem-mainpc-hub 41";
/** Port 9000 on every address. */
const listens = "listens 00000000 2328";

describe("what a machine says before an up", () => {
  it("without an engine is one problem, with its own words and what to do", () => {
    expect(problems("no-engine Cannot connect to the Docker daemon", listens)).toEqual([
      {
        what: "no Docker engine answers on mainpc: Cannot connect to the Docker daemon",
        next: expect.stringContaining("systemctl start docker"),
      },
    ]);
  });

  it("with an engine that is closed to the user names the group that opens it", () => {
    const [problem] = problems("no-engine Got permission denied while trying to connect to the Docker daemon socket");
    expect(problem?.what).toMatch(/^ops may not use the Docker engine on mainpc: Got permission denied/);
    expect(problem?.next).toContain("usermod -aG docker ops");
  });

  it("to a user who is not root names ssh.become and both values that help", () => {
    const [problem] = problems("engine 20.10.24", "not-root ops");
    expect(problem?.what).toBe(
      "ops may not write /var/lib/tandem and /etc/tandem on mainpc and give files there to the containers' users: ssh.become is none",
    );
    expect(problem?.next).toMatch(/ssh\.become sudo, .*ssh\.become docker$/);
  });

  it("with images that it does not hold names them", () => {
    expect(absentImages("engine 20.10.24\nabsent nats:2.12.3-alpine\nabsent node:24\n")).toEqual([
      "nats:2.12.3-alpine",
      "node:24",
    ]);
  });
});

describe("port 9000 of 192.0.2.10", () => {
  const nginx = 'by 0.0.0.0:9000 users:(("nginx",pid=7,fd=6))';
  const node = 'by 192.0.2.10:9000 users:(("node",pid=41,fd=19))';

  it("that somebody else has names who it is and the key that moves the hub", () => {
    expect(problems(listens, nginx)).toEqual([
      { what: "port 9000 on mainpc is taken by nginx", next: expect.stringContaining("--path machine.hubPort") },
    ]);
  });

  it("that the hub has already is free for it", () => {
    expect(problems(runs, listens, node)).toEqual([]);
  });

  it("that somebody else has is taken for a hub that runs on another port, too", () => {
    expect(problems(runs, listens, nginx)[0]?.what).toBe("port 9000 on mainpc is taken by nginx");
  });

  it("of an owner that cannot be told is the hub's where it runs, and another process's where it does not", () => {
    expect(problems(runs, listens)).toEqual([]);
    expect(problems(listens)[0]?.what).toBe("port 9000 on mainpc is taken by another process");
  });

  it("is free while somebody listens on 127.0.0.1:9000 alone", () => {
    expect(problems("listens 0100007F 2328")).toEqual([]);
    expect(problems("listens 0A0200C0 2328")).toHaveLength(1);
  });
});

describe("a port of an agent's container", () => {
  const agent = { port: 7_000, address: "", container: "TutorAgent", agent: "TutorAgent in fleet/mainpc.yaml" };
  const asked = (...lines: string[]) => readinessProblems(lines.join("\n"), "mainpc", { ...wanted, ports: [agent] });
  const loopback = "listens 0100007F 1B58";
  const python = 'by 127.0.0.1:7000 users:(("python",pid=99,fd=6))';

  it("that somebody else has on any address names who it is and the entry that moves the agent", () => {
    expect(asked(loopback, python)).toEqual([
      {
        what: "port 7000 on mainpc is taken by python",
        next: "Stop it, or give another port to TutorAgent in fleet/mainpc.yaml",
      },
    ]);
  });

  it("that its container has already, by whatever process of it, is free for it", () => {
    expect(asked("runs /TutorAgent 41", loopback, python)).toEqual([]);
  });
});

describe("room on the disks", () => {
  const free = (key: string, megabytes: number, mount = "/") => `free ${key} ${megabytes * 1024} ${mount}`;

  it("of 511 MiB is too little for a first start, and 512 is enough", () => {
    expect(problems(free("paths.data", 511))).toEqual([
      {
        what: "the disk of /var/lib/tandem on mainpc has 511 MiB free, and an up needs 512",
        next: expect.stringContaining("paths.data"),
      },
    ]);
    expect(problems(free("paths.data", 512))).toEqual([]);
  });

  it("of 16 MiB is enough for a machine whose containers run, so that an up may help it", () => {
    expect(problems(runs, free("paths.data", 16))).toEqual([]);
    expect(problems(runs, free("paths.data", 15))).toHaveLength(1);
  });

  it("is asked of the disk of Docker's images, and one full disk is said once", () => {
    expect(problems(free("docker", 3, "/var/lib/docker"))[0]?.next).toContain("docker system prune");
    expect(problems(free("paths.data", 3), free("paths.config", 3), free("docker", 3))).toHaveLength(1);
  });
});
