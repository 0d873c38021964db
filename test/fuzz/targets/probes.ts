/** What agents say to a probe: the bytes of ZeroMQ, in parts of any size, and the body of an answer. */
import { readHealthBody } from "../../../hub/io/probe/health-body.ts";
import {
  encodeCommand,
  encodeGreeting,
  encodeMessage,
  encodeReady,
  readProperties,
  ZmtpDecoder,
  type ZmtpEvent,
} from "../../../hub/io/probe/zmtp.ts";
import { holds, type Outcome, same, type Target } from "../engine/target.ts";

const maxMessageBytes = 4_096;

/** The first byte says into which parts the stream is cut. */
function zmtp(input: Buffer): Outcome {
  const size = 1 + ((input[0] ?? 0) % 40);
  const stream = input.subarray(1);
  const whole = new ZmtpDecoder(maxMessageBytes).push(stream);
  const decoder = new ZmtpDecoder(maxMessageBytes);
  const parts: ZmtpEvent[] = [];
  for (let at = 0; at < stream.length; at += size) parts.push(...decoder.push(stream.subarray(at, at + size)));
  same(parts.map(told), whole.map(told), "what came, however it came");
  for (const event of whole) {
    if (event.type === "command") readProperties(event.body);
    if (event.type !== "message") continue;
    holds(
      event.parts.reduce((sum, { length }) => sum + length, 0) <= maxMessageBytes,
      "a message is longer than allowed",
    );
    const again = new ZmtpDecoder(maxMessageBytes);
    again.push(encodeGreeting());
    same(again.push(encodeMessage(event.parts)), [event], "a message sent on");
  }
  return whole.some(({ type }) => type === "message" || type === "command") ? "taken" : "refused";
}

/** How much of a strange beginning there is hangs on how it comes. */
const told = (event: ZmtpEvent) => (event.type === "foreign" ? { type: event.type } : event);

function healthBody(input: Buffer): Outcome {
  const read = readHealthBody(input.toString());
  if (read.type === "answered") return "taken";
  holds(read.reason !== "" && read.reason.length <= 200, "a refusal without a reason, or with a page of it");
  return "refused";
}

const session = [Buffer.from([7]), encodeGreeting(), encodeReady("REP")];

export const targets: readonly Target[] = [
  {
    name: "zmtp",
    about: "an agent's side of a ZeroMQ connection",
    form: "bytes",
    tokens: ["\0\u0001a", "\u0001\0", "\u0004\u0006\u0005READY", "Socket-Type", "NULL", "CURVE"],
    seeds: () => [
      Buffer.concat([...session, encodeMessage([Buffer.alloc(0), Buffer.from('{"status":"healthy"}')])]),
      Buffer.concat([...session, encodeCommand("PING", Buffer.from("ab")), encodeMessage([Buffer.alloc(300)])]),
      "\u0001HTTP/1.1 200 OK",
    ],
    covers: /^hub\/io\/probe\/zmtp/,
    // A stream in parts of some bytes is read anew with each: what comes together in a packet is not.
    stretchBytes: 0,
    open: () => ({ run: zmtp }),
  },
  {
    name: "health-body",
    about: "the body of an answer to a probe",
    form: "json",
    tokens: [
      "status",
      "message",
      "ready",
      "healthy",
      "ok",
      "degraded",
      "error",
      "OK",
      "<html>",
      "true",
      "false",
      "null",
    ],
    seeds: () => [
      '{"status":"healthy","ready":false,"message":"loads"}',
      "OK",
      "<html>no</html>",
      '"up"',
      '{"status":{"a":1}}',
    ],
    covers: /^hub\/io\/probe\/health-body/,
    open: () => ({ run: healthBody }),
  },
];
