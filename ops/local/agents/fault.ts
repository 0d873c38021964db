/** The faults that an agent can be given, and how it then answers for its health. */
import { z } from "zod";

export const Fault = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  /** Its sockets are reset and closed, as by a killed process. */
  z.strictObject({ kind: z.literal("crashed") }),
  /** Its sockets accept, and nothing is ever answered; its pushes stop. */
  z.strictObject({ kind: z.literal("hung") }),
  /** Its /metrics answers 200 with a page of HTML that says error; else it is well. */
  z.strictObject({ kind: z.literal("error-page") }),
  /** It answers for its health so many ms after it was asked; else it is well. */
  z.strictObject({ kind: z.literal("slow"), ms: z.number().int().min(1).max(60_000) }),
  /** It goes on with the hub file that it read last, whatever becomes of it; else it is well. */
  z.strictObject({ kind: z.literal("stubborn") }),
  /** It answers that it is not well. */
  z.strictObject({ kind: z.literal("faulty"), status: z.enum(["degraded", "error"]), message: z.string().max(500) }),
]);
export type Fault = z.infer<typeof Fault>;

/** Whether it pushes nothing. */
export const isSilent = ({ kind }: Fault): boolean => kind === "crashed" || kind === "hung";

/** Whether it sees what becomes of its hub file. */
export const readsHubFile = (fault: Fault): boolean => !isSilent(fault) && fault.kind !== "stubborn";

export interface HealthAnswer {
  status: "ok" | "degraded" | "error";
  ready: boolean;
  message: string;
}

export function healthOf(fault: Fault, role: string): HealthAnswer {
  if (fault.kind === "faulty") return { status: fault.status, ready: true, message: fault.message };
  return { status: "ok", ready: true, message: role };
}
