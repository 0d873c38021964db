/** How a push is answered that passes a limit: whether it is malformed, too large, one too many, or there is no room for anybody. */
import type { LimitName } from "../core/push-limits.ts";

/** 4xx: it is for whoever pushes to change something. 5xx: it is for whoever runs the hubs; the peer holds the same and says so too. */
export const limitStatus: Record<LimitName, 400 | 413 | 429 | 503 | 507> = {
  seriesPerPush: 413,
  familiesPerPush: 413,
  textCharactersPerPush: 413,
  seriesPerGroup: 413,
  groupingLabels: 400,
  pathCharacters: 400,
  labelsPerSeries: 400,
  labelNameCharacters: 400,
  labelValueCharacters: 400,
  metricNameCharacters: 400,
  helpCharacters: 400,
  shapesPerFamily: 400,
  series: 507,
  seriesPerJob: 429,
  guestSeries: 429,
  groups: 507,
  groupsPerJob: 429,
  guestGroups: 429,
  tombstones: 429,
  rememberedGroups: 507,
  textCharacters: 507,
  bytesUnderWay: 503,
};

/** Room for a job comes when its groups expire or are deleted, which takes a while. */
export const crowdedRetrySeconds = 60;
