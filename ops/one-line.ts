/** Makes one line of words that others chose, for a terminal: none of them begins a line, clears the screen or colours what follows. */

/** Runs with a control character in them become one blank; mere blanks stay, they lay out columns. */
export const oneLine = (text: string): string => text.replaceAll(/\s*\p{Cc}[\s\p{Cc}]*/gu, " ");

/** Keeps the lines, and nothing else that moves or colours a terminal. */
export const plainLines = (text: string): string => text.split("\n").map(oneLine).join("\n");
