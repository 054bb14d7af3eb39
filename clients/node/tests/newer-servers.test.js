// Replies of a server that knows more members of enumerations than the client.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CriteriaService } from "../gen/egov/scorer/v1/criteria_pb.js";
import { ScorerService } from "../gen/egov/scorer/v1/scorer_pb.js";
import { ScorerClient } from "../src/index.js";
import { standIn } from "./stand-in.js";

const UNKNOWN_KIND = /** @type {any} */ (6);

/** @type {Awaited<ReturnType<typeof standIn>>} */
let server;
/** @type {ScorerClient} */
let client;

before(async () => {
  const gate = { level: 1, measure: "total", unit: 8, minimum: 3 };
  const group = { group: "desk", score: {}, criteria: [{ criterion: "A", status: 7 }] };
  const category = {
    ...{ category: "readiness", standing: 9, score: {} },
    failing: [{ gate, value: 2 }],
    groups: [group],
  };
  server = await standIn((router) => {
    router.service(ScorerService, {
      scoreUnit: () => ({ scorecard: { unit: {}, overall: { score: {} }, categories: [category] } }),
    });
    router.service(CriteriaService, {
      getCriteriaSet: () => ({ criteriaSet: { summary: {}, indicators: [{ code: "x", kind: UNKNOWN_KIND }] } }),
    });
  });
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
});

test("unknown members are called by their number", async () => {
  const unit = await client.scoreUnit("newer", { id: "u", tier: "district", answers: {} });
  const category = unit.category("readiness");
  assert.deepEqual([category.standing, category.groups[0]?.criteria[0]?.status], ["unknown_9", "unknown_7"]);
  assert.equal(category.causes[0]?.unit, "unknown_8");
  assert.deepEqual(unit.why(), [
    "readiness: unknown_9; total is 2 unknown_8, level 1 requires at least 3 unknown_8",
  ]);
  assert.equal((await client.form("newer")).indicators[0]?.kind, "unknown_6");
});
