/** What an operator can get wrong, tried with a real `pulumi up`: each is refused with the next step, and the machine is as it was. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { until } from "../../support/until.ts";
import { LoneMachine } from "./lone-machine.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const stack = "mainpc";
const nobody = (address: string) => address.replace(/\d+$/, "77");

let machine: LoneMachine;
const lab = () => machine.pair.lab;
const jump = () => ({ "ssh.jump.host": lab().jump.address, "ssh.jump.hostKey": lab().jump.hostKey });

beforeAll(async () => {
  machine = await LoneMachine.prepare("refused", say);
});
afterAll(() => machine?.pair.remove());

describe("an up on a machine with nothing on it is refused", () => {
  it("for a name that does not resolve, and for an address where nobody is", async () => {
    await machine.refuses([/Could not resolve hostname/, /→ Correct machine\.address$/m], {
      "machine.address": "no-such-host.invalid",
    });
    const words = [/No route to host/, /→ Check that it is up and on the network, and machine\.address/];
    await machine.refuses(words, { "machine.address": nobody(lab().mainpc.address) });
  });

  it("for another host key than the pinned one, also while a good connection is open", async () => {
    await machine.pair.engine.must(stack, "preview");
    const words = [/another host key answers, SHA256:\S+, than ssh\.hostKey says/, /at the console there/];
    await machine.refuses(words, { "ssh.hostKey": lab().pc2.hostKey });
    const throughJump = { ...jump(), "ssh.jump.hostKey": lab().pc2.hostKey };
    await machine.refuses([/than ssh\.jump\.hostKey says/], throughJump);
  });

  it("without an ssh-agent, and with a key that nobody there knows", async () => {
    await machine.refuses([/SSH_AUTH_SOCK is not set/, /→ .*ssh-add/], {}, { SSH_AUTH_SOCK: undefined });
    await machine.refuses([/stranger@.*Permission denied/, /→ .*authorized_keys/], { "ssh.user": "stranger" });
  });

  it("for a user who may not use Docker, and one who may not write and becomes nobody", async () => {
    const admin = { "ssh.user": "admin", "ssh.become": "sudo" };
    await machine.refuses([/admin may not use the Docker engine/, /→ .*usermod -aG docker admin/], admin);
    await machine.refuses([/ops may not write/, /→ .*ssh\.become sudo/], { "ssh.user": "ops" });
    const noSudo = { "ssh.user": "ops", "ssh.become": "sudo" };
    await machine.refuses([/ops may not run sh by sudo/, /→ Allow it, as in: /], noSudo);
  });

  it("while no engine answers, and while one hangs", async () => {
    const { mainpc } = lab();
    const before = await machine.traces();
    await mainpc.exec("mv /run/docker.sock /run/docker.away");
    const stopped = await machine.up();
    await mainpc.exec("mv /run/docker.away /run/docker.sock && kill -STOP $(pidof dockerd)");
    const hung = await machine.up();
    await mainpc.exec("kill -CONT $(pidof dockerd)");
    expect(stopped.code).not.toBe(0);
    expect(hung.code).not.toBe(0);
    expect(stopped.text).toMatch(/no Docker engine answers on mainpc: .*\n\s+→ .*systemctl start docker/);
    expect(hung.text).toMatch(/no Docker engine answers on mainpc: it did not answer within 10 s/);
    expect(await machine.traces()).toBe(before);
  });

  it("while another process has port 9000, which a preview only warns of", async () => {
    const release = await machine.occupy(9_000);
    onTestFinished(release);
    await machine.refuses([/port 9000 on mainpc is taken by perl/, /→ .*--path machine\.hubPort/]);
    const preview = await machine.pair.engine.must(stack, "preview");
    expect(preview.text).toMatch(/warning: port 9000 on mainpc is taken by perl\n\s+→ /);
    expect(preview.text).toMatch(/^ *\+ \d+ to create$/m);
  });

  it("while the disk is full", async () => {
    await lab().fillDisk(stack);
    onTestFinished(() => lab().freeDisk(stack));
    await machine.refuses([/the disk of \/var\/lib\/tandem on mainpc has 0 MiB free/, /→ Make room there/]);
  });

  it("with a wrong passphrase, by the engine itself", async () => {
    const wrong = { PULUMI_CONFIG_PASSPHRASE_FILE: machine.pair.engine.file("wrong", "battery staple\n") };
    await machine.refuses([/incorrect passphrase/], {}, wrong);
  });

  it("for a key with a typo and a value out of its range", async () => {
    await machine.refuses([/there is no such key; did you mean machine\.hubPort\?/], { "machine.hubprot": 9_001 });
    await machine.refuses([/expected at most 65535; got 90000/, /→ Set it as in/], { "machine.hubPort": 90_000 });
  });

  it("for an image that is not there and cannot be pulled, before any container is made", async () => {
    const words = [
      /nats:no-such-tag is not on mainpc and cannot be pulled/,
      /→ Correct images\.nats, or bring it there/,
    ];
    await machine.refuses(words, { "images.nats": "nats:no-such-tag" });
    await machine.refuses([/→ Correct images\.hubBase/], { "images.hubBase": "node:no-such-tag" });
  });
});

describe("users other than root", () => {
  const unchanged = async () => {
    const again = await machine.up("--expect-no-changes");
    expect(again.code, again.text).toBe(0);
  };

  it("ops, who may use Docker, puts up a machine by containers, and a second up changes nothing", async () => {
    machine.configure({ "ssh.user": "ops", "ssh.become": "docker" });
    const first = await machine.up();
    expect(first.code, first.text).toBe(0);
    say(`as ops: first up ${seconds(first.tookMs)}`);
    await unchanged();
    // Kernels before 5.14 do not have it.
    const handsOn = await lab().mainpc.exec("cat /proc/sys/net/ipv4/tcp_migrate_req 2>/dev/null || echo 1");
    expect(handsOn.trim()).toBe("1");
  });

  it("admin, who may use sudo, goes on with it through the jump host, and replaces no container", async () => {
    const before = await machine.pair.containers(stack);
    await lab().mainpc.exec("usermod -aG docker admin");
    machine.configure({ "ssh.user": "admin", "ssh.become": "sudo", ...jump() });
    const next = await machine.up();
    expect(next.code, next.text).toBe(0);
    await unchanged();
    expect(await machine.pair.containers(stack)).toEqual(before);
  });
});

describe("on a machine that runs, an up is refused", () => {
  it("for a hub that would move to a port which is taken, and the hub stays where it is", async () => {
    onTestFinished(await machine.occupy(9_009));
    await machine.refuses([/port 9009 on mainpc is taken by perl/], { "machine.hubPort": 9_009 });
    expect((await fetch(`${machine.pair.at(stack).hub}/livez`)).status).toBe(200);
  });

  it("for an image without nats-server, by the check of nats.conf, and the next up goes on", async () => {
    const { images } = lab().stackConfig(stack);
    await machine.refuses([/nats\.conf was not replaced: its check .*\n[\s\S]*nats-server/], {
      "images.nats": images?.pushgateway,
    });
    const healed = await machine.up();
    expect(healed.code, healed.text).toBe(0);
  });
});

describe("the operator's commands, as admin through the jump host", () => {
  const tandem = async (...args: string[]) => {
    const { code, stdout, stderr } = await machine.pair.engine.tandem(...args, "--stack", stack, "--json");
    return { code, stderr, said: JSON.parse(stdout) };
  };
  const audit = () => tandem("secrets", "audit", "--no-preview");

  beforeAll(() => machine.pair.engine.set(stack, "hubSeed", "a seed of nobody's, to search for", "--secret"));

  it("the doctor sees containers and files, and fails for the peer that is not there", async () => {
    const { code, said } = await tandem("doctor");
    const failed = said.machines[0].checks.filter(({ status }: { status: string }) => status === "fail");
    expect(failed.map(({ name }: { name: string }) => name)).toEqual(["peer", "sync"]);
    expect(code).toBe(1);
  });

  it("the doctor of a machine with another host key says so, and ends with 1", async () => {
    const changes = { "ssh.hostKey": lab().pc2.hostKey };
    const { code, said } = await machine.with(changes, {}, () => tandem("doctor"));
    expect(code).toBe(1);
    expect(said.machines[0].checks[0]).toMatchObject({
      status: "fail",
      found: expect.stringContaining("another host key answers"),
      next: expect.stringContaining("console"),
    });
  });

  it("the audit finds nothing, and a machine that it cannot search makes it end with 1", async () => {
    const clean = await audit();
    expect(clean, clean.stderr).toMatchObject({ code: 0, said: { secrets: 1, findings: [], unsearched: [] } });
    say(clean.stderr.trim());
    const changes = { "ssh.jump.host": nobody(lab().mainpc.address) };
    const { code, said } = await machine.with(changes, {}, audit);
    expect(code).toBe(1);
    expect(said.unsearched).toMatchObject([{ place: stack, code: "machine.unreachable" }]);
  });

  it("the audit names the one image of the hub that has the secret in a layer", async () => {
    const { mainpc } = lab();
    const { images } = lab().stackConfig(stack);
    // Written by the container's shell from its input: in no argument of the image's history.
    await mainpc.exec(`echo "a seed of nobody's, to search for" | docker run -i --name leak --entrypoint sh ${images?.nats} -c 'cat >/srv/seed'
      docker commit leak tandem-hub:leak && docker rm leak`);
    const { code, said } = await audit();
    await mainpc.exec("docker rmi tandem-hub:leak");
    expect(said.findings).toEqual([
      { secret: "mainpc hubSeed", place: "image", where: "mainpc: tandem-hub:leak, a layer" },
    ]);
    expect(code).toBe(1);
  });

  it("the audit without the CLI and with a wrong passphrase says which, as JSON too", async () => {
    const noCli = await machine.with({}, { PATH: "/usr/bin:/bin" }, audit);
    expect(noCli).toMatchObject({
      code: 1,
      said: { error: { next: expect.stringContaining("Install the Pulumi CLI") } },
    });
    const wrong = { PULUMI_CONFIG_PASSPHRASE_FILE: machine.pair.engine.file("wrong", "battery staple\n") };
    const closed = await machine.with({}, wrong, audit);
    expect(closed).toMatchObject({ code: 1, said: { error: { next: expect.stringContaining("passphrase") } } });
  });

  it("an audit that is ended by Ctrl-C leaves nothing on the machine", async () => {
    const { engine } = machine.pair;
    const program = fileURLToPath(new URL("../../../ops/tandem.ts", import.meta.url));
    const args = [program, "secrets", "audit", "--stack", stack, "--no-preview", "--dir", engine.site];
    const child = spawn(process.execPath, args, { env: engine.env, stdio: "ignore", detached: true });
    const ended = once(child, "exit");
    const left = async () =>
      (await lab().mainpc.exec("ls -d /dev/shm/tandem.* /var/tmp/tandem.* 2>/dev/null || true")) !== "";
    await until("the search", left);
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    await ended;
    await until("nothing left", async () => !(await left()), 60_000);
  });
});

it("ups and destroys with as much at once as the engine likes are never turned away by MaxStartups 10:30:100", async () => {
  for (let round = 1; round <= 2; round++) {
    await machine.pair.engine.must(stack, "state unprotect", "--all", "--yes");
    await machine.pair.engine.must(stack, "destroy", "--yes", "--skip-preview");
    expect(await lab().mainpc.exec("docker ps -aq")).toBe("");
    machine.configure({ "ssh.user": "root", "ssh.become": "none", "ssh.jump.host": "" });
    const again = await machine.up();
    expect(again.code, again.text).toBe(0);
  }
  expect(await machine.acceptedConnections()).toBeGreaterThan(10);
  expect(await machine.droppedConnections()).toBe(0);
});
