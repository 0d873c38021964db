/** A name server of a test's own, which answers, fails or says nothing as it is told, and puts processes behind it. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChildSpec } from "../../ops/local/child.ts";

export type Mood = "answers" | "fails" | "is silent";

const serverFailure = 2;
const typeA = 1;

export class NameServer {
  mood: Mood = "answers";
  /** Questions that came, by mood. */
  readonly asked: Record<Mood, number> = { answers: 0, fails: 0, "is silent": 0 };
  readonly #socket: Socket;
  readonly #resolvConf: string;
  readonly #addresses: Readonly<Record<string, string>>;

  private constructor(socket: Socket, resolvConf: string, addresses: Readonly<Record<string, string>>) {
    this.#socket = socket;
    this.#resolvConf = resolvConf;
    this.#addresses = addresses;
    socket.on("message", (question, from) => {
      this.asked[this.mood]++;
      const answer = this.#answer(question);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
  }

  /** Why none can be had here; empty when it can. Port 53, and a mount that one process alone sees, are root's. */
  static get unable(): string {
    return process.platform === "linux" && process.getuid?.() === 0
      ? ""
      : "only root on Linux may put a resolv.conf under a process";
  }

  /** @param host of this computer's loopback; @param addresses IPv4, by name */
  static async start(host: string, folder: string, addresses: Readonly<Record<string, string>>): Promise<NameServer> {
    const socket = createSocket("udp4").bind(53, host);
    await once(socket, "listening");
    const resolvConf = join(folder, "resolv.conf");
    writeFileSync(resolvConf, `nameserver ${host}\n`);
    return new NameServer(socket, resolvConf, addresses);
  }

  /** The same process, which asks this server for names; its id stays the one of what is started. */
  behind(spec: ChildSpec): ChildSpec {
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    return {
      ...spec,
      command: "unshare",
      args: ["-m", "sh", "-c", script, this.#resolvConf, spec.command, ...spec.args],
    };
  }

  stop(): void {
    this.#socket.close();
  }

  /** RFC 1035: the header with its flags changed, the question as it came, and an address where it was for one. */
  #answer(question: Buffer): Buffer | undefined {
    if (this.mood === "is silent") return undefined;
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = question.readUInt16BE(at + 1);
    const head = Buffer.from(question.subarray(0, at + 5));
    const address = this.#addresses[labels.join(".").toLowerCase()];
    const fails = this.mood === "fails";
    const hasAnswer = !fails && address !== undefined && type === typeA;
    const nameError = address === undefined ? 3 : 0;
    head.writeUInt16BE(0x8180 | (fails ? serverFailure : nameError), 2);
    head.writeUInt16BE(hasAnswer ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    if (!hasAnswer) return head;
    // The name is the question's; type and class of an address; it may be kept for no time at all.
    const record = Buffer.from([0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]);
    return Buffer.concat([head, record]);
  }
}
