// Sets named by a day, rankings within parents and commendations: with a fake server, because no set that comes with the
// scorer ranks within parents.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Bool, tableToIPC, Table, Utf8, vectorFromArray } from "apache-arrow";
import { CriteriaService } from "../gen/egov/scorer/v1/criteria_pb.js";
import { ScorerService } from "../gen/egov/scorer/v1/scorer_pb.js";
import { ScorerClient } from "../src/index.js";
import { standIn } from "./stand-in.js";

/** @type {Awaited<ReturnType<typeof standIn>>} */
let server;
/** @type {ScorerClient} */
let client;
/** The last request that the server received. */
let lastRequest = /** @type {any} */ (undefined);

const SCORE = { points: 9, maxPoints: 10, nominalMaxPoints: 10, percent: 90, converted: 9, published: 9 };
const UNITS = [
  { id: "a", tier: "commune", parent: "ba-be" },
  { id: "b", tier: "commune", parent: "ba-be" },
];
const HEAD = { tier: "commune", unitCount: 2, overallRanked: 2 };
const PROVENANCE = { criteriaSet: "by-parent" };

/** Two communes of which the first is commended, as rows. */
const ROWS = UNITS.map((unit, at) => ({ unit, overall: { score: SCORE, rank: 1 }, commended: at === 0 }));

/**
 * The same as a table.
 *
 * @param {string} cohort
 */
function table(cohort) {
  const both = (/** @type {number} */ value) => vectorFromArray([value, value]);
  const text = new Utf8();
  const columns = {
    id: vectorFromArray(["a", "b"], text),
    name: vectorFromArray([null, null], text),
    tier: vectorFromArray(["commune", "commune"]),
    parent: vectorFromArray([cohort, cohort], text),
    rank: both(1),
    commended: vectorFromArray([true, false], new Bool()),
    lacking: vectorFromArray([null, null], text),
    ...{ points: both(9), max_points: both(10), percent: both(90), converted: both(9), published: both(9) },
    ...{ missing: both(0), not_applicable: both(0) },
  };
  const found = new Table(columns);
  found.schema.metadata.set("nominal_max_points", '{"overall": 10.0}');
  return { ...HEAD, cohort, table: { arrowStream: tableToIPC(found, "stream") } };
}

before(async () => {
  server = await standIn((router) => {
    router.service(ScorerService, {
      scoreUnit: (request) => {
        lastRequest = request;
        return { scorecard: ROWS[0] };
      },
      rankProvince: (request) => {
        lastRequest = request;
        return {
          provenance: PROVENANCE,
          rankings: ["ba-be", "na-ri"].map((cohort) =>
            request.source.case === "rows" ? { ...HEAD, cohort, scorecards: ROWS } : table(cohort),
          ),
        };
      },
    });
    router.service(CriteriaService, {
      getCriteriaSet: (request) => {
        lastRequest = request;
        const commend = [{ tier: "commune", best: 1 }];
        return { criteriaSet: { summary: { code: "by-parent" }, commend, rankedWithinParent: ["commune"] } };
      },
      listCriteriaSets: () => ({ criteriaSets: [{ code: "by-parent", series: "parents" }] }),
    });
  });
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
});

describe("a criteria set named by a day", () => {
  const effectiveOn = { year: 2020, month: 7, day: 15 };
  const row = { id: "a", tier: "commune", answers: {} };

  test("every method sends the day and the series", async () => {
    /** @type {((set: import("../src/index.js").CriteriaSetName) => Promise<unknown>)[]} */
    const calls = [
      (set) => client.scoreUnit(set, row),
      (set) => client.rankProvince(set, [row]),
      (set) => client.rankTable(set, { id: ["a"] }),
      (set) => client.form(set),
    ];
    for (const call of calls) {
      await call({ effectiveOn, series: "parents" });
      assert.deepEqual([lastRequest.criteriaSet, lastRequest.series], ["", "parents"]);
      const { year, month, day } = lastRequest.effectiveOn;
      assert.deepEqual({ year, month, day }, effectiveOn);
      await call("by-parent");
      const { criteriaSet, series } = lastRequest;
      assert.deepEqual([criteriaSet, series, lastRequest.effectiveOn], ["by-parent", "", undefined]);
    }
  });

  test("a day that is no { year, month, day } is refused", async () => {
    for (const day of [new Date(0), "2020-07-15", undefined]) {
      const set = { effectiveOn: /** @type {any} */ (day) };
      await assert.rejects(client.rankProvince(set, [row]), /effectiveOn: /);
    }
  });
});

describe("rankings within parents", () => {
  for (const [form, ask] of /** @type {const} */ ([
    [
      "rows",
      () =>
        client.rankProvince(
          "by-parent",
          UNITS.map((unit) => ({ ...unit, answers: {} })),
        ),
    ],
    ["columns", () => client.rankTable("by-parent", { id: ["a", "b"] })],
  ])) {
    test(`ranking() finds each cohort by its name (${form})`, async () => {
      const province = await ask();
      assert.equal(province.ranking("commune", "na-ri").cohort, "na-ri");
      assert.throws(() => province.ranking("commune"), /commune has 2 cohorts, such as "ba-be": name one/);
      assert.throws(() => province.ranking("commune", "hue"), new RangeError('no cohort "hue" of tier "commune"'));
    });

    test(`units say whether they are commended (${form})`, async () => {
      const { units } = (await ask()).ranking("commune", "ba-be");
      assert.deepEqual(
        units.map((unit) => [unit.id, unit.parent, unit.commended]),
        [
          ["a", "ba-be", true],
          ["b", "ba-be", false],
        ],
      );
    });
  }
});

test("forms name the tiers that are ranked within parents, and summaries the series", async () => {
  const form = await client.form("by-parent");
  assert.deepEqual([form.commends, form.withinParent], [["commune"], ["commune"]]);
  assert.equal((await client.criteriaSets())[0]?.series, "parents");
});
