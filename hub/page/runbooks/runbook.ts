/** What a hub knows of a runbook. */
export interface Runbook {
  title: string;
  /** Its first sentence or two, as text. */
  summary: string;
  /** What stands below the title, as HTML; what is open in it stands in braces. */
  html: string;
}
