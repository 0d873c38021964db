/** Operations on the past: what happened, how things were, what is promised, and who needs whom. */
import { z } from "zod";
import { GraphView, graphPath } from "../graph-json.ts";
import { AgentHistoryView, agentHistoryPath, HistoryView, historyPath, mostAgentValues } from "../history-json.ts";
import { ObjectivesView, objectivesPath } from "../objectives-json.ts";
import { Told } from "../timeline-api.ts";
import { TimelineEntry, TimelineView, timelinePath } from "../timeline-json.ts";
import { type Operation, OrderResult, ofTokenOrders, refused, said } from "./operation.ts";

const wrong = refused("the query is no such question");
const unread = refused("the hub has not read its past back yet");
const steps = {
  minutes: z.int().min(1).max(1_500).optional(),
  step: z.int().min(1).max(1_500).optional(),
};

export const pastOperations = {
  getTimeline: {
    method: "get",
    path: timelinePath,
    summary: "What happened at the pair, newest first",
    query: z.object({
      since: z.iso.datetime().optional(),
      until: z.iso.datetime().optional(),
      limit: z.int().min(1).max(5_000).optional(),
      kind: TimelineEntry.shape.kind.optional(),
    }),
    answers: { 200: said("as far back as records reach", TimelineView), 400: wrong, 503: unread },
  },
  tellTimeline: {
    method: "post",
    path: timelinePath,
    summary: "Notes that a command of an operator began or ended",
    body: { json: Told },
    order: true,
    answers: { 200: said("noted", OrderResult), ...ofTokenOrders, 503: refused("it could not be stored") },
  },
  getHistory: {
    method: "get",
    path: historyPath,
    summary: "How the pair was, a value a step",
    query: z.object(steps),
    answers: { 200: said("by name", HistoryView), 400: wrong, 503: unread },
  },
  getAgentHistory: {
    method: "get",
    path: agentHistoryPath,
    summary: `How agents were, a value a step; of all agents at most ${mostAgentValues} values each, of one up to 1,500`,
    query: z.object({ ...steps, agent: z.string().max(300).optional() }),
    answers: {
      200: said("by machine/name", AgentHistoryView),
      400: wrong,
      404: refused("the fleet has no such agent"),
      503: unread,
    },
  },
  getObjectives: {
    method: "get",
    path: objectivesPath,
    summary: "What availability is promised, and what is left of each budget",
    answers: { 200: said("the pair's first", ObjectivesView), 503: unread },
  },
  getGraph: {
    method: "get",
    path: graphPath,
    summary: "Who needs whom in the fleet",
    answers: { 200: said("in the order of the fleet", GraphView) },
  },
} satisfies Record<string, Operation>;
