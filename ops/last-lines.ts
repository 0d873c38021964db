/** The end of what a program printed, where as a rule it says why it failed. */
export const lastLines = (text: string): string => text.trim().split("\n").slice(-5).join("\n");
