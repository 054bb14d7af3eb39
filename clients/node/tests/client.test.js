// What the vectors cannot say: columns of every sort, pages, forms, and what is refused before it is sent.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ScorerClient, ScorerError } from "../src/index.js";
import { startServer } from "./server.js";

/** @typedef {import("../src/index.js").Column} Column */

const SET = "bac-kan-2020";
const NAMES = { readiness: "Điều kiện sẵn sàng", policy_environment: "Môi trường chính sách" };

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {ScorerClient} */
let client;

before(async () => {
  server = await startServer();
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
});

/**
 * Districts of Thừa Thiên Huế, each with somewhat less than the one before.
 *
 * @param {number} count
 */
function districts(count) {
  return Array.from({ length: count }, (_, at) => ({
    id: `h-${at}`,
    tier: "district",
    name: `huyện ${at}`,
    answers: { policy_environment_awarded: 15 - at, infrastructure_awarded: 23, human_resources_awarded: 10 },
  }));
}

/** Points of two departments in one criterion of which a column is given. */
const points = async (/** @type {string} */ criterion, /** @type {Record<string, Column>} */ columns) => {
  const units = ["a", "b"].map((id) => ({ id, tier: "department" }));
  const counted = await client.rankTable(SET, units, columns, { full: true });
  const found = counted.ranking("department").tallies.flatMap((tally) => tally.criteria);
  const { full, none, missing } = found.find((count) => count.criterion === criterion) ?? assert.fail(criterion);
  return { full, none, missing };
};

describe("columns", () => {
  test("of numbers, from typed and other arrays", async () => {
    const both = { full: 2, none: 0, missing: 0 };
    for (const staff of [
      Float64Array.of(20, 40),
      Int32Array.of(20, 40),
      Uint8Array.of(20, 40),
      [20, 40],
      new Set([20, 40]),
    ]) {
      assert.deepEqual(await points("INF.01", { staff, computers: staff }), both);
    }
  });

  test("NaN, null, undefined and nothing are not reported", async () => {
    const half = { full: 1, none: 1, missing: 1 };
    /** @type {Column[]} */
    const reported = [Float64Array.of(NaN, 40), [NaN, 40], [null, 40], [undefined, 40], ["", 40]];
    for (const staff of reported) {
      assert.deepEqual(await points("INF.01", { staff, computers: [40, 40] }), half);
    }
  });

  test("of flags, as booleans or 0 and 1", async () => {
    const half = { full: 1, none: 1, missing: 0 };
    for (const led of [[true, false], [1, 0], Uint8Array.of(1, 0)]) {
      assert.deepEqual(await points("INF.11", { led_screen: led }), half);
    }
  });

  test("of days, or of their numbers", async () => {
    const early = { year: 2020, month: 1, day: 15 };
    const late = { year: 2020, month: 6, day: 30 };
    const days = [Date.UTC(2020, 0, 15), Date.UTC(2020, 5, 30)].map((ms) => ms / 86_400_000);
    const found = await points("PE.06", { it_plan_issued: [early, late] });
    assert.deepEqual(found, await points("PE.06", { it_plan_issued: Float64Array.from(days) }));
    assert.equal(found.missing, 0);
    const swapped = await points("PE.06", { it_plan_issued: [late, null] });
    assert.equal(swapped.missing, 1);
  });

  test("of options", async () => {
    const { options } =
      (await client.form(SET)).indicators.find((one) => one.code === "steering_committee") ?? assert.fail();
    assert.deepEqual(await points("PE.01", { steering_committee: [options[0], ""] }), { full: 1, none: 1, missing: 1 });
    assert.deepEqual(await points("PE.01", { steering_committee: [options[0], null] }), {
      full: 1,
      none: 1,
      missing: 1,
    });
  });

  test("of a thousand units say the same as rows", async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => ({
      ...{ id: `u-${at}`, tier: "district", name: `huyện ${at}`, parent: "tinh" },
      answers: {
        policy_environment_awarded: 10 + (at % 6),
        infrastructure_awarded: 16 + (at % 8),
        human_resources_awarded: 7 + (at % 4),
      },
      notApplicable: at % 3 ? [] : ["INF.02"],
    }));
    /** @param {keyof typeof rows[0]["answers"]} code */
    const column = (code) => Float64Array.from(rows, (row) => row.answers[code]);
    const table = await client.rankTable(
      "hue-2020",
      rows,
      {
        policy_environment_awarded: column("policy_environment_awarded"),
        infrastructure_awarded: column("infrastructure_awarded"),
        human_resources_awarded: column("human_resources_awarded"),
      },
      { notApplicable: Object.fromEntries(rows.map((row) => [row.id, row.notApplicable])) },
    );
    const expected = await client.rankProvince("hue-2020", rows);
    for (const unit of expected.rankings.flatMap((ranking) => ranking.units)) {
      unit.categories.forEach((category) => (category.measures = []));
    }
    assert.deepEqual(table, expected);
    assert.equal(new Set(table.ranking("district").units.map((unit) => unit.category("readiness").level)).size, 5);
  });
});

describe("what cannot be sent", () => {
  /**
   * @param {any} value
   * @param {RegExp | typeof TypeError} message
   */
  const refusesAnswer = async (value, message) => {
    const row = { id: "s-noi-vu", tier: "department", answers: { it_plan_issued: value } };
    await assert.rejects(client.scoreUnit(SET, row), message);
  };

  test("a Date, which is no day", async () => {
    await refusesAnswer(new Date(0), /s-noi-vu: answers\["it_plan_issued"\]: a Date is a moment and no day/);
    /** @type {any} */
    const dates = [new Date(0)];
    await assert.rejects(
      client.rankTable(SET, [{ id: "a", tier: "department" }], { it_plan_issued: dates }),
      /columns\["it_plan_issued"\]\[0\]: a Date is a moment/,
    );
  });

  test("an answer of no kind", async () => {
    for (const value of [{}, [], 10n, Symbol("a"), { year: 2020, month: 1 }, { year: 2020, month: 1.5, day: 1 }]) {
      await refusesAnswer(value, TypeError);
    }
  });

  test("options beside numbers", async () => {
    const units = ["a", "b"].map((id) => ({ id, tier: "department" }));
    await assert.rejects(
      client.rankTable(SET, units, { steering_committee: ["head", 3] }),
      /columns\["steering_committee"\]\[1\]: expected an option, as others of the column are, not 3/,
    );
  });
});

describe("replies", () => {
  test("come in pages", async () => {
    const rows = districts(5);
    /** @type {string[]} */
    const ids = [];
    let pageToken = "";
    do {
      const page = await client.rankProvince("hue-2020", rows, { pageSize: 2, pageToken });
      assert.equal(page.ranking("district").unitCount, 5);
      ids.push(...page.ranking("district").units.map((unit) => unit.id));
      pageToken = page.nextPageToken;
    } while (pageToken);
    assert.deepEqual(ids, ["h-0", "h-1", "h-2", "h-3", "h-4"]);
  });

  test("find units, rankings, categories and counts by code", async () => {
    const province = await client.rankProvince("hue-2020", districts(3));
    assert.equal(province.unit("h-2").overallRank, 3);
    assert.equal(province.unit("h-2").category("readiness").rank, 3);
    assert.equal(province.ranking("district").tally("readiness").ranked, 3);
    assert.throws(() => province.unit("h-9"), new RangeError('no unit "h-9"'));
    assert.throws(() => province.ranking("commune"), new RangeError('no tier "commune"'));
    assert.throws(() => province.unit("h-2").category("transport"), new RangeError('no category "transport"'));
    assert.throws(() => province.ranking("district").tally("transport"), RangeError);
  });

  test("say why, in either language and with names", async () => {
    const [best, other] = districts(2).map((row) => client.scoreUnit("hue-2020", row));
    assert.deepEqual((await best).why(), ["readiness: level 1, the best"]);
    const low = await client.scoreUnit("hue-2020", { ...districts(7)[6], id: "low" });
    assert.deepEqual(low.why("vi", NAMES), [
      "Điều kiện sẵn sàng: không được xếp hạng; Môi trường chính sách đạt 60 %, mức 4 yêu cầu từ 70 %",
    ]);
    assert.equal((await other).categories[0]?.causes.length, 0);
  });

  test("null and undefined answers were not reported", async () => {
    const answers = { policy_environment_awarded: null, infrastructure_awarded: undefined, human_resources_awarded: 0 };
    const { overall } = await client.scoreUnit("hue-2020", { id: "a", tier: "district", answers });
    assert.equal(overall.missing, 3);
  });
});

describe("criteria sets", () => {
  test("are listed in short", async () => {
    const sets = await client.criteriaSets();
    const hue = sets.find((set) => set.code === "hue-2020") ?? assert.fail();
    assert.deepEqual(hue.effectiveFrom, { year: 2020, month: 1, day: 1 });
    assert.deepEqual([hue.available, hue.problems, hue.provenance], [true, [], "reconstructed"]);
    assert.deepEqual(hue.tiers, ["district"]);
    assert.match(hue.titles["vi"] ?? "", /Thừa Thiên Huế 2020/);
    assert.match(hue.revision, /^[0-9a-f]{64}$/);
  });

  test("are forms to fill in", async () => {
    const form = await client.form(SET);
    assert.equal(form.criteriaSet, SET);
    assert.deepEqual(form.tiers, ["department", "district", "commune"]);
    assert.deepEqual([...new Set(form.indicators.map((one) => one.kind))].sort(), [
      "choice",
      "count",
      "date",
      "flag",
      "number",
    ]);
    assert.ok(form.excludable.includes("INF.10"));
    assert.deepEqual([form.pointsDecimals, form.percentDecimals], [2, 2]);
    assert.equal(form.names("vi")["readiness"], "Điều kiện sẵn sàng");
    assert.equal(form.names("fr")["infrastructure"], form.texts["infrastructure"]?.["en"]);
    const [low, high] = form.indicators.find((one) => one.code === "computers")?.ranges["district"] ?? assert.fail();
    assert.ok(low === 0 && high > 1000);
    await assert.rejects(client.form("none"), (error) => error instanceof ScorerError && error.code === "NOT_FOUND");
  });
});
