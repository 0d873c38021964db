/** The report as Markdown. */
import { type Block, contentOf, headline, type ReportSource } from "./content.ts";

export function markdownOf(source: ReportSource): string {
  const { run } = source.settings;
  return [
    `# Soak ${run}`,
    "",
    `**${headline(source.verdict)}**`,
    "",
    ...contentOf(source).flatMap((block) => [...linesOf(block), ""]),
  ].join("\n");
}

function linesOf(block: Block): string[] {
  switch (block.kind) {
    case "heading":
      return [`## ${block.text}`];
    case "text":
      return [block.text];
    case "list":
      return block.items.map((item) => `- ${item}`);
    case "table": {
      const [head = [], ...rows] = block.rows;
      const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
      return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)];
    }
    case "plots":
      return ["`report.html` has the plots."];
  }
}
