/** Whether a port may be listened on by two processes of one user at once, as a hub and its successor do for a moment. */
export const sharesPorts = process.platform === "linux";
