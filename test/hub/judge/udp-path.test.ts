import { expect, it, onTestFinished } from "vitest";
import { UdpPath } from "../../../hub/judge/udp-path.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";

const host = "127.0.0.1";

it("beats to a peer whose name is not known are lost, and end nobody", async () => {
  const [port = 0] = await freePorts(1);
  const path = await UdpPath.open({
    listen: { host, port },
    peer: { host: "nobody.invalid", port: 7423 },
    received: () => {},
    refused: () => {},
  });
  onTestFinished(() => path.stop());
  const endMs = performance.now() + 300;
  await until("some beats", () => {
    path.send(Buffer.from("beat"));
    return performance.now() > endMs;
  });
});

it("beats reach a peer that listens, and a closed port is told", async () => {
  const [port = 0, peerPort = 0] = await freePorts(2);
  const heard: string[] = [];
  let refusals = 0;
  const path = await UdpPath.open({
    listen: { host, port },
    peer: { host, port: peerPort },
    received: () => {},
    refused: () => refusals++,
  });
  onTestFinished(() => path.stop());
  const send = () => path.send(Buffer.from("beat"));
  await until("a refusal", () => {
    send();
    return refusals > 0;
  });
  const peer = await UdpPath.open({
    listen: { host, port: peerPort },
    peer: { host, port },
    received: (bytes) => heard.push(bytes.toString()),
    refused: () => {},
  });
  onTestFinished(() => peer.stop());
  await until("a beat", () => {
    send();
    return heard.includes("beat");
  });
  expect(heard[0]).toBe("beat");
});
