/** Operations on what people are told: channels of notifications, silences, and who is signed in to the page. */
import { z } from "zod";
import { EndSilence } from "../notifications-api.ts";
import {
  NotificationsView,
  notificationsPath,
  notificationTestPath,
  SilenceOrder,
  SilenceView,
  silencesPath,
  TestAnswer,
  TestOrder,
} from "../notifications-json.ts";
import { CodeOrder, SignIn } from "../session-api.ts";
import { allSessionsPath, SessionView, SignInCode, sessionPath, signInCodesPath } from "../session-json.ts";
import { type Operation, OrderResult, ofOrders, ofTokenOrders, refused, said } from "./operation.ts";

const elsewhere = refused("it does not come from this hub's own page");

export const tellingOperations = {
  getNotifications: {
    method: "get",
    path: notificationsPath,
    summary: "Where alerts are sent, and how that went",
    answers: { 200: said("by channel", NotificationsView) },
  },
  testNotifications: {
    method: "post",
    path: notificationTestPath,
    summary: "Sends a marked notification to one channel or all, and says what each answered",
    body: { json: TestOrder },
    order: true,
    answers: {
      200: said("what each channel said", TestAnswer),
      ...ofTokenOrders,
      404: refused("there is no such channel"),
      409: refused("this hub has no channel"),
    },
  },
  getSilences: {
    method: "get",
    path: silencesPath,
    summary: "Which alerts are silenced, by whom, and until when",
    answers: { 200: said("by target", z.array(SilenceView)) },
  },
  beginSilence: {
    method: "post",
    path: silencesPath,
    summary: "Silences an alert",
    body: { json: SilenceOrder },
    order: true,
    answers: {
      200: said("silenced", SilenceView),
      ...ofTokenOrders,
      404: refused("there is no such alert, or none of this subject"),
      409: refused("as many silences as may be are held already"),
    },
  },
  endSilence: {
    method: "delete",
    path: silencesPath,
    summary: "Ends a silence",
    body: { json: EndSilence },
    order: true,
    answers: { 200: said("ended", SilenceView), ...ofTokenOrders, 404: refused("it is not silenced") },
  },
  getSession: {
    method: "get",
    path: sessionPath,
    summary: "Who is signed in by the cookie that came along",
    answers: { 200: said("signed in", SessionView), 401: refused("nobody is signed in") },
  },
  signIn: {
    method: "post",
    path: sessionPath,
    summary: "Signs a browser in by a code, from this hub's own page",
    body: { json: SignIn },
    answers: {
      200: said("signed in; the answer sets a cookie", SessionView),
      ...ofOrders,
      403: elsewhere,
      401: refused("the code is wrong, used or too old"),
      429: refused("too many wrong codes were tried"),
    },
  },
  signOut: {
    method: "delete",
    path: sessionPath,
    summary: "Signs this browser out",
    answers: { 200: said("signed out", OrderResult), 403: elsewhere },
  },
  newSignInCode: {
    method: "post",
    path: signInCodesPath,
    summary: "Makes a code that signs one browser in, within minutes",
    body: { json: CodeOrder },
    order: true,
    answers: { 200: said("made", SignInCode), ...ofOrders, 429: refused("as many as may be wait already") },
  },
  signOutAll: {
    method: "delete",
    path: allSessionsPath,
    summary: "Signs everybody out",
    order: true,
    answers: { 200: said("signed out", OrderResult), 403: ofOrders[403] },
  },
} satisfies Record<string, Operation>;
