/** The router's configuration: one JSON file, rendered by components/router-conf.ts for the local run and for Pulumi alike. */
import { z } from "zod";
import { RouterLimits } from "../core/router/limits.ts";
import { longestSocketPathBytes } from "../io/unix-socket.ts";

export const RouteConfig = z.strictObject({
  /** Name of the agent that has a standby. */
  service: z.string().min(1),
  /** Port that clients connect to. */
  port: z.number().int().min(1).max(65_535),
  /**
   * `http` is followed request by request, so that a switch fails none; `tcp` is carried byte by byte. `auto` tells them apart by
   * the first bytes.
   */
  protocol: z.enum(["auto", "http", "tcp"]).default("auto"),
});
export type RouteConfig = z.infer<typeof RouteConfig>;

export const RouterConfig = z
  .strictObject({
    v: z.literal(1),
    /** Name of this machine, for the log. */
    machine: z.string().min(1),
    /** Unix socket that takes words; absolute. */
    socket: z
      .string()
      .startsWith("/")
      .refine((path) => new TextEncoder().encode(path).length <= longestSocketPathBytes(), {
        error: `longer than the ${longestSocketPathBytes()} bytes that the path of a unix socket may have`,
      }),
    /** Permissions of the socket: with 0660 a hub of the same group may speak, too. */
    socketMode: z.enum(["0600", "0660"]).default("0600"),
    /** Unix socket on which this very process says whether it lives; absolute. The other one may be a predecessor's for a moment. */
    healthSocket: z.string().startsWith("/").optional(),
    /** Address that the routes bind. @example "0.0.0.0" */
    listenHost: z.string().min(1),
    /** File of the highest epochs heard; absolute. */
    stateFile: z.string().startsWith("/"),
    routes: z.array(RouteConfig),
    limits: RouterLimits.prefault({}),
  })
  .refine(
    ({ routes }) => new Set(routes.map(({ service }) => service)).size === routes.length,
    "a service has one route",
  )
  .refine(({ routes }) => new Set(routes.map(({ port }) => port)).size === routes.length, "a port has one route");
export type RouterConfig = z.infer<typeof RouterConfig>;
export type RouterConfigInput = z.input<typeof RouterConfig>;
