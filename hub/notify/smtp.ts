/** Tells people by mail. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { createTransport } from "nodemailer";
import type { SmtpConfig } from "./config.ts";
import { type Message, textOf, titleOf } from "./message.ts";
import { secretText } from "./secret-text.ts";

const stepMs = 5_000;

/** A connection each: alerts are rare, and one that was kept would be dead when it is needed. */
export async function tellSmtp(config: SmtpConfig, message: Message, signal: AbortSignal): Promise<void> {
  const { host, port, tls, caFile, user, passwordFile, from, to } = config;
  const auth =
    user === undefined || passwordFile === undefined ? undefined : { user, pass: await secretText(passwordFile) };
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
  // Its own: what nodemailer opens goes on when the transport is closed, and a slow server took what counted as failed.
  const socket = connect({ host, port });
  socket.on("error", () => {});
  let isHandedOver = false;
  const transport = createTransport({
    getSocket: (_: unknown, done: (error: Error | null, socket: object) => void) => {
      socket.once("error", (error) => done(error, {}));
      socket.once("connect", () => done(null, { connection: socket }));
    },
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(auth && { auth }),
    ...(ca && { tls: { ca } }),
  });
  transport.use("stream", (mail, done) => {
    mail.message.processFunc((text) => text.once("end", () => (isHandedOver = true)));
    done();
  });
  const sent = transport.sendMail({
    from,
    to,
    subject: titleOf(message),
    text: `${textOf(message)}\n`,
    // One that comes again is the same mail.
    messageId: `<${createHash("sha256").update(message.id).digest("hex").slice(0, 32)}@tandem>`,
    headers: { "Auto-Submitted": "auto-generated", ...(isLoud(message) && { Importance: "high" }) },
  });
  try {
    await Promise.race([sent, aborted(signal)]);
    socket.destroy();
  } catch (error) {
    // What a server has, and is slow to say so, people will read: it is not sent again and again.
    if (isHandedOver && (signal.aborted || isTimeout(error))) return void socket.unref();
    socket.destroy();
    throw error;
  } finally {
    sent.catch(() => {});
  }
}

const isTimeout = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ETIMEDOUT";

const isLoud = ({ kind, severity }: Message) =>
  severity === "urgent" && ["raised", "flapping", "together"].includes(kind);

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(new Error("no answer in time"));
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });
}
