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
   * @default orders come from this machine and from who is signed in to its page
   */
  operatorTokensFile: z.string().startsWith("/").optional(),
});
export type AccessConfig = z.infer<typeof AccessConfig>;
