"""Pushes to a pair of Tandem's hubs and reads from it, with Python's standard library alone.

A push goes to the hub that took the last one, and at once to the other one when that does not take it. Each has a number, so that a push whose
answer was lost may be sent again: it has its effect once.

    python3 pair_client.py http://192.0.2.10:9000 http://192.0.2.20:9100

Where the hubs ask for a token, --token-file or TANDEM_PUSH_TOKEN_FILE names the file that holds it; where they speak TLS, --ca-file or TANDEM_CA_FILE that of their
CA. Both are read each time, so a new one counts at once.
"""

import argparse
import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request


class Silent(Exception):
    """No hub took it; the text says what each of them said."""


class Pair:
    def __init__(self, hubs, client, deadline=2.0, token_file=None, ca_file=None):
        """hubs: base URLs, the own machine's first. client: a name that no other process and no earlier start of this one has.
        token_file: holds the token that pushes show, where the hubs ask for one.
        ca_file: holds the CA of hubs that speak TLS, where this computer does not know it."""
        self.hubs = [hub.rstrip("/") for hub in hubs]
        self.client = client
        self.deadline = deadline
        self.token_file = token_file
        self.ca_file = ca_file
        self.seq = 0
        # The push that nobody answered: what it was, and its number, which it keeps when it is tried again.
        self.pending = None

    def push(self, text, job, **labels):
        """Replaces the group of this job and these labels by metrics in Prometheus text. Returns the hub, and where it stands now: `peer`, on
        both machines, or `local`, on that hub's alone. After Silent the same push may be tried again: it keeps its number, so that it has its effect
        once where a hub took it after all."""
        headers = self._authorization()
        parts = [("job", job), *labels.items()]
        path = "/metrics/" + "/".join(f"{name}/{urllib.parse.quote(value, safe='')}" for name, value in parts)
        if self.pending != (path, text):
            self.seq += 1
        self.pending = (path, text)
        headers.update({"Tandem-Client": self.client, "Tandem-Seq": str(self.seq)})
        try:
            hub, answer = self._ask("PUT", path, text.encode(), headers)
        except ValueError:
            # Refused: nothing is open any more.
            self.pending = None
            raise
        self.pending = None
        return hub, answer.headers.get("Tandem-Replication", "local")

    def read(self, path):
        """What a hub says at a path of its API (/api/v1/openapi.json describes all), from whichever answers."""
        _, answer = self._ask("GET", path)
        return json.loads(answer.body)

    def _authorization(self):
        """Read each time: a token may be renewed while its holder runs."""
        if not self.token_file:
            return {}
        with open(self.token_file, encoding="ascii") as file:
            return {"Authorization": "Bearer " + file.read().strip()}

    def _ask(self, method, path, body=None, headers=None):
        refusals = []
        for hub in list(self.hubs):
            request = urllib.request.Request(hub + path, data=body, headers=headers or {}, method=method)
            try:
                status, answer = self._exchange(request)
            except (OSError, http.client.HTTPException) as error:
                # It is gone, late, or broke off in the middle of its answer.
                refusals.append(f"{hub}: {error!r}")
                continue
            if status < 400:
                self.hubs.remove(hub)
                self.hubs.insert(0, hub)
                return hub, answer
            said = f"{hub}: {status} {answer.body.decode(errors='replace').strip()}"
            # The other hub would say the same of a request that is wrong; it may have room where this one has none.
            if status < 500:
                raise ValueError(said)
            refusals.append(said)
        raise Silent("; ".join(refusals))

    def _exchange(self, request):
        """The status and the whole answer, also one that is a refusal."""
        # Each request has a connection of its own, and so the CA of the file as it is now.
        tls = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        try:
            answer = urllib.request.urlopen(request, timeout=self.deadline, context=tls)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            answer.body = answer.read()
        return answer.status, answer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hubs", nargs=2, help="base URLs of both hubs, the own machine's first")
    parser.add_argument("--pushes", type=int, default=10)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two pushes")
    parser.add_argument("--token-file", default=os.environ.get("TANDEM_PUSH_TOKEN_FILE"), help="file with the token that pushes show")
    parser.add_argument("--ca-file", default=os.environ.get("TANDEM_CA_FILE"), help="file with the CA of hubs that speak TLS")
    args = parser.parse_args()
    pair = Pair(args.hubs, client=f"example-{time.time_ns()}", token_file=args.token_file, ca_file=args.ca_file)
    for number in range(1, args.pushes + 1):
        text = f"# TYPE example_pushes_total counter\nexample_pushes_total {number}\n"
        hub, replication = pair.push(text, job="example", instance="python")
        sync = pair.read("/api/v1/fleet")["sync"]["state"]
        print(json.dumps({"push": number, "hub": hub, "replication": replication, "sync": sync}), flush=True)
        time.sleep(args.every)
    mine = [line for line in pair.read("/api/v1/ledger")["clients"] if line["client"] == pair.client]
    print(json.dumps({"ledger": mine}), flush=True)


if __name__ == "__main__":
    main()
