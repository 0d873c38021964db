/** Who may push and give orders over the network: one schema is check, type and document. */
import { z } from "zod";

export const AccessConfig = z.strictObject({
  /**
   * File with the tokens by which agents push, 0400, absolute; read again when it changes. With it a push without a token is
   * refused, and what is pushed straight to the Pushgateway is put back instead of taken over. @default whoever reaches the port pushes
   */
  pushTokensFile: z.string().startsWith("/").optional(),
  /**
   * File with the tokens by which operators give orders from elsewhere, 0400, absolute; read again when it changes.
   * @default orders come by the hub's socket and from who is signed in to its page
   */
  operatorTokensFile: z.string().startsWith("/").optional(),
  /**
   * Where orders are taken without a token or a session: on a Unix socket in `stateDirectory`, which the hub's user and root alone
   * may open; or, for hubs that somebody runs on his own computer, from every process of this machine at the hub's port.
   * @default "socket"
   */
  localOrders: z.enum(["socket", "loopback"]).optional(),
});
export type AccessConfig = z.infer<typeof AccessConfig>;
