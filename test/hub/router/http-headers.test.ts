import { expect, it } from "vitest";
import { ask, dial, httpTarget, readAll, startRouter } from "./fixture.ts";

it("a length that Connection names goes on all the same: no part of a body is taken for another request", async () => {
  const side = await startRouter();
  const seen: string[] = [];
  const target = await httpTarget((incoming, response) => {
    let body = "";
    incoming.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
    incoming.once("end", () => {
      seen.push(`${incoming.url} ${body.length}`);
      response.end("done");
    });
  });
  await side.open(target);
  const body = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
  const client = await dial(side.port);
  client.write(
    "DELETE /a HTTP/1.1\r\nHost: x\r\nConnection: close, content-length, host\r\n" +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await readAll(client)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\ndone$/);
  expect((await ask(side.port, { path: "/b" })).text).toBe("done");
  expect(seen).toEqual([`/a ${body.length}`, "/b 0"]);
});
