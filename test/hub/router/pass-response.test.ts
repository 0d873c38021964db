import { describe, expect, it } from "vitest";
import { dial, readAll, startRouter, type Target, tcpTarget } from "./fixture.ts";

/** Says this to whatever it is asked, and closes. */
const says = (text: string): Promise<Target> =>
  tcpTarget((socket) => void socket.once("data", () => socket.end(text, "latin1")));

async function answerTo(request: string, target: Promise<Target>): Promise<string> {
  const side = await startRouter();
  await side.open(await target);
  const client = await dial(side.port);
  client.write(request.replaceAll("\n", "\r\n"));
  return await readAll(client);
}

const get = "GET / HTTP/1.1\nHost: x\nConnection: close\n\n";

describe("what a target says that node would not say itself", () => {
  it("a hint of two links in one line is left out, two lines of one link each go through, and the answer follows", async () => {
    const hint = (...links: string[]) =>
      `HTTP/1.1 103 Early Hints\r\n${links.map((link) => `Link: ${link}\r\n`).join("")}\r\n`;
    const target = says(
      `${hint("</a>; rel=preload, </b>; rel=preload")}${hint("</c>; rel=preload", "</d>; rel=preload")}` +
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhome",
    );
    const heard = await answerTo(get, target);
    expect(heard.match(/103 .*\r\n/g)).toHaveLength(1);
    expect(heard).toContain("Link: </c>; rel=preload, </d>; rel=preload\r\n");
    expect(heard).toMatch(/HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nhome$/);
  });

  it("trailers of an answer that goes on without chunks are not announced", async () => {
    const chunked = "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    const body = "4\r\nhome\r\n0\r\nX-Sum: 4\r\n\r\n";
    const old = await answerTo("GET / HTTP/1.0\n\n", says(`HTTP/1.1 200 OK\r\n${chunked}${body}`));
    expect(old).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nhome$/);
    const head = await answerTo(get.replace("GET", "HEAD"), says(`HTTP/1.1 200 OK\r\n${chunked}`));
    expect(head).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n$/);
    const none = await answerTo(get, says("HTTP/1.1 204 No Content\r\nTrailer: X-Sum\r\n\r\n"));
    expect(none).toMatch(/^HTTP\/1\.1 204 /);
    const sized = await answerTo(get, says("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 4\r\n\r\nhome"));
    expect(sized).toMatch(/\r\n\r\nhome$/);
    expect(`${old}${head}${none}${sized}`).not.toContain("Trailer");
  });

  it.each([
    ["status 099", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"],
    ["a control byte in the reason", "HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n"],
    ["101 to who did not ask", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"],
  ])("%s is answered with 502", async (_, text) => {
    expect(await answerTo(get, says(text))).toMatch(/^HTTP\/1\.1 502 /);
  });
});
