/** The questions of tandem init as a person answers them, with a `pulumi` that only pretends to encrypt. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStackFile } from "../../../ops/init/stack-file.ts";
import { hasPseudoTerminal, keys, PseudoTerminal } from "../../support/pseudo-terminal.ts";
import { pretendedProject, projectFiles } from "./pretended-pulumi.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF";
const { enter, down, ctrlC, ctrlD } = keys;

describe.skipIf(!hasPseudoTerminal)("the questions of tandem init", () => {
  let folder: string;
  let path: string;
  let terminal: PseudoTerminal;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-questions-"));
    mkdirSync(join(folder, "tmp"));
    path = pretendedProject(folder).path;
    terminal = start();
  });
  afterEach(() => {
    terminal.end();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(...args: string[]): PseudoTerminal {
    const env = {
      PATH: path,
      HOME: folder,
      TMPDIR: join(folder, "tmp"),
      XDG_CONFIG_HOME: join(folder, "config"),
    };
    const command = [
      process.execPath,
      join(root, "ops", "tandem.ts"),
      "init",
      "--dir",
      join(folder, "project"),
      ...args,
    ];
    return new PseudoTerminal(command, env);
  }
  const passphrase = async () => {
    await terminal.type("Passphrase of the stacks", `hush-7${enter}`);
    await terminal.type("Once more", `hush-7${enter}`);
  };
  const machine = async (name: string, address: string) => {
    await terminal.type(`Address of ${name}`, `${address}${enter}`);
    for (const question of ["Port of the hub", "Port of NATS", "User", "Port of sshd"])
      await terminal.type(`${question} on ${name}`, enter);
    await terminal.type("Fetch the host key", "n");
    await terminal.type(`Host key of ${name}`, `${hostKey}${enter}`);
  };
  const isUntouched = () =>
    projectFiles.every(
      (name) => readFileSync(join(folder, "project", name), "utf8") === readFileSync(join(root, name), "utf8"),
    );

  const answers = async () => {
    await passphrase();
    await machine("mainpc", "10.0.0.10");
    await machine("pc2", "10.0.0.20");
    await terminal.type("Which machine listens", `${down}${enter}`);
    await terminal.type("Port of that link", enter);
    await terminal.type("host:port of what answers", `10.0.0.1:53${enter}`);
    await terminal.type("Do agents talk", enter);
    await terminal.type("Keep the CA's key", "n");
  };

  it("make a site of 2 addresses, 2 host keys and what Enter alone means, and no secret is shown", async () => {
    await answers();
    await terminal.type("✔ Encrypting 2 secrets of pc2", "");
    expect(await terminal.ended, terminal.text).toBe(0);
    expect(readStackFile(join(folder, "project"), "pc2")?.config).toMatchObject({
      "tandem:machine": { address: "10.0.0.20", hubPort: 9100 },
      "tandem:leaf": { listener: "pc2" },
    });
    expect(terminal.text).not.toContain("hush");
  });

  it("are asked again at an answer that will not do, saying what was expected", async () => {
    await terminal.type("Passphrase of the stacks", enter);
    await terminal.type("Expected at least one character.", `hush-7${enter}`);
    await terminal.type("Once more", `other${enter}`);
    await terminal.type("The two differ.", "");
    await passphrase();
    await terminal.type("Address of mainpc", enter);
    await terminal.type("Expected an address.", `10.0.0.10${enter}`);
    await terminal.type("Port of the hub", `90000${enter}`);
    await terminal.type("Expected a number from 1 to 65535.", ctrlC);
    expect(await terminal.ended).toBe(130);
  });

  it.each([
    ["Ctrl-C", ctrlC],
    ["Ctrl-D", ctrlD],
  ])("end as interrupted at %s in the middle of an answer, with nothing changed", async (_, key) => {
    await passphrase();
    await terminal.type("Address of mainpc", `10.0.0${key}`);
    expect(await terminal.ended).toBe(130);
    expect(isUntouched()).toBe(true);
    expect(existsSync(join(folder, "config"))).toBe(false);
  });

  it("leave the files as they were when Ctrl-C comes while the secrets are encrypted", async () => {
    writeFileSync(join(folder, "slow"), "");
    await answers();
    await terminal.type("Encrypting 2 secrets of mainpc", ctrlC);
    expect(await terminal.ended).toBe(130);
    expect(isUntouched()).toBe(true);
  });
});
