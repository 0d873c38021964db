/** A Pulumi program that violates every rule of the policy pack, each once or more; it is previewed and never put up. */
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config("tandem");
// An engine over SSH is not asked before it is needed.
const engine = new docker.Provider("engine", { host: "ssh://root@192.0.2.10" });
const opts = { provider: engine };

class Box extends pulumi.ComponentResource {
  constructor(ports: Record<string, string>) {
    super("tandem:machine:Machine", "box", { ports });
  }
}
new docker.Volume("bare-volume", { name: "streams" }, opts);

// What all resources are judged for together is judged only when none of them alone is refused.
if (config.get("only") !== "volume") violateAlone();

function violateAlone(): void {
  new Box({ hub: "7423 9000", Tutor: "9000" });

  const image = new docker.RemoteImage("nats-image", { name: "nats:latest" }, opts);
  new docker.Container(
    "worst",
    {
      // Not known in a preview, where the other rules are to see the rest all the same.
      image: image.imageId,
      privileged: true,
      envs: ["DB_PASSWORD=hunter2hunter2"],
      mounts: [{ type: "volume", source: "streams", target: "/data" }],
    },
    opts,
  );
  new local.Command("talks", {
    create: pulumi.interpolate`echo ${config.requireSecret("hubSeed")}`,
  });
}
