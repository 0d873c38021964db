/** A server that keeps the comments of one pull request as GitHub's REST API does, and can be told to be busy. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Kept {
  id: number;
  body: string;
  user: { login: string; type: "Bot" | "User" } | null;
}

/** Whom the token of a workflow writes as. */
const bot: Kept["user"] = { login: "github-actions[bot]", type: "Bot" };

interface Refusal {
  status: number;
  /** Seconds. */
  retryAfter?: number;
  /** Take the comment and lose the answer. @default false */
  unheard?: boolean;
}

const mostCharacters = 65_536;

export class CommentsApi {
  readonly comments: Kept[] = [];
  /** @example "POST /repos/octo/site/issues/7/comments" */
  readonly requests: string[] = [];
  /** For the next requests of that method, one each. */
  readonly refusals: (Refusal & { method: string })[] = [];
  token = "good";
  /** Whose token it is. @default a workflow's, which may not ask for its user */
  person: string | undefined;
  #nextId = 100;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  add(body: string, user: Kept["user"] = bot): Kept {
    const comment = { id: this.#nextId++, body, user };
    this.comments.push(comment);
    return comment;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const { method = "" } = request;
    this.requests.push(`${method} ${url.pathname}`);
    let text = "";
    for await (const chunk of request) text += chunk;
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${this.token}`) return void send(401, { message: "Bad credentials" });
    const at = this.refusals.findIndex((refusal) => refusal.method === method);
    const [refusal] = at < 0 ? [] : this.refusals.splice(at, 1);
    if (refusal !== undefined && refusal.unheard !== true) {
      const { status, retryAfter } = refusal;
      return void send(
        status,
        { message: "later" },
        retryAfter === undefined ? {} : { "retry-after": `${retryAfter}` },
      );
    }
    const { status, body, headers } = this.#take(method, url, text);
    if (refusal?.unheard === true) response.destroy();
    else send(status, body, headers);
  }

  #take(method: string, url: URL, text: string): Answer {
    const { pathname } = url;
    const list = "/repos/octo/site/issues/7/comments";
    const user: Kept["user"] = this.person === undefined ? bot : { login: this.person, type: "User" };
    if (pathname === "/user")
      return user === bot
        ? { status: 403, body: { message: "Resource not accessible by integration" } }
        : { status: 200, body: user };
    if (method === "GET" && pathname === list) {
      const page = Number(url.searchParams.get("page") ?? 1);
      const size = Number(url.searchParams.get("per_page") ?? 30);
      const body = this.comments.slice((page - 1) * size, page * size).map(shown);
      if (this.comments.length <= page * size) return { status: 200, body };
      url.searchParams.set("page", `${page + 1}`);
      return { status: 200, body, headers: { link: `<${url.href}>; rel="next", <${url.href}>; rel="last"` } };
    }
    const { body } = JSON.parse(text || "{}") as { body?: string }; // what our own client sends
    if (body !== undefined && body.length > mostCharacters)
      return { status: 422, body: { message: "Body is too long" } };
    if (method === "POST" && pathname === list) return { status: 201, body: shown(this.add(body ?? "", user)) };
    const id = Number(/^\/repos\/octo\/site\/issues\/comments\/(\d+)$/.exec(pathname)?.[1]);
    const known = this.comments.find((comment) => comment.id === id);
    if (method !== "PATCH" || known === undefined) return { status: 404, body: { message: "Not Found" } };
    known.body = body ?? "";
    return { status: 200, body: shown(known) };
  }
}

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

const shown = (comment: Kept) => ({
  ...comment,
  html_url: `https://github.example/octo/site/pull/7#issuecomment-${comment.id}`,
});
