/** What a hub answered, in words for a reader: its errors come as JSON with an `error`, or as text. */

const mostWords = 300;

export function wordsOf(text: string): string {
  const { error, text: said } = objectOf(text);
  const words = typeof error === "string" ? error : typeof said === "string" ? said : text;
  return words.trim().slice(0, mostWords);
}

function objectOf(text: string): { error?: unknown; text?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
