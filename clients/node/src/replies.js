// Reply messages as results.

import { CriterionStatus, GateUnit, Standing } from "../gen/egov/scorer/v1/scorer_pb.js";
import { Cause, Province, Ranking, UnitResult } from "./results.js";

/** @typedef {import("./requests.js").Unit} Unit */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./results.js").CriterionResult} CriterionResult */
/** @typedef {import("./results.js").Gate} Gate */
/** @typedef {import("./results.js").Provenance} Provenance */
/** @typedef {import("./results.js").Score} Score */
/** @typedef {import("./results.js").Tally} Tally */

/** @type {Record<number, CategoryResult["standing"]>} */
const STANDINGS = {
  [Standing.RANKED]: "ranked",
  [Standing.BELOW_MINIMUM]: "below_minimum",
  [Standing.NOTHING_APPLICABLE]: "nothing_applicable",
};

/** @type {Record<number, CriterionResult["status"]>} */
const STATUSES = {
  [CriterionStatus.SCORED]: "scored",
  [CriterionStatus.MISSING]: "missing",
  [CriterionStatus.NOT_APPLICABLE]: "not_applicable",
};

/**
 * The rankings of a province.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").RankProvinceResponse} reply
 * @param {ReadonlyMap<string, Unit>} units A table's units, which give the results their names.
 */
export function province(reply, units) {
  return new Province(
    reply.rankings.map((message) => ranking(message, units)),
    provenance(present(reply.provenance)),
    reply.nextPageToken,
  );
}

/**
 * A scorecard.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Scorecard | undefined} message
 */
export function unitResult(message) {
  const card = present(message);
  const overall = present(card.overall);
  return new UnitResult(
    present(card.unit),
    card.categories.map(category),
    score(overall.score),
    overall.rank,
    overall.lacking,
    card.commended,
  );
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Ranking} message
 * @param {ReadonlyMap<string, Unit>} units
 */
function ranking(message, units) {
  const { tier, cohort, unitCount, overallRanked, table } = message;
  const found = table ? tableUnits(message, table, units) : message.scorecards.map(unitResult);
  return new Ranking(tier, cohort, unitCount, overallRanked, message.tallies.map(tally), found);
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Provenance} message
 * @returns {Provenance}
 */
function provenance({ criteriaSet, revision, criteriaProvenance, province, period, engineVersion }) {
  return { criteriaSet, revision, criteriaProvenance, province, period, engineVersion };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryTally} message
 * @returns {Tally}
 */
function tally(message) {
  return {
    category: message.category,
    ranked: message.ranked,
    levels: message.levels.map(({ level, units }) => ({ level, units })),
    failing: message.failing.map((count) => ({ ...gate(count.gate), units: count.units })),
    criteria: message.criteria.map(({ criterion, applicable, full, none, missing }) => ({
      criterion,
      applicable,
      full,
      none,
      missing,
    })),
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryScore} message
 * @returns {CategoryResult}
 */
function category(message) {
  return {
    category: message.category,
    score: score(message.score),
    standing: /** @type {CategoryResult["standing"]} */ (STANDINGS[message.standing]),
    level: message.level,
    rank: message.rank,
    causes: message.failing.map((result) => new Cause(gate(result.gate), result.value)),
    measures: message.measures.map(({ measure, points, maxPoints, percent, level }) => ({
      measure,
      points,
      maxPoints,
      percent,
      level,
    })),
    groups: message.groups.map((group) => ({
      group: group.group,
      score: score(group.score),
      criteria: group.criteria.map(({ criterion, points, maxPoints, status }) => ({
        criterion,
        points,
        maxPoints,
        status: /** @type {CriterionResult["status"]} */ (STATUSES[status]),
      })),
    })),
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Score | undefined} message
 * @returns {Score}
 */
function score(message) {
  const { points, maxPoints, nominalMaxPoints, percent, converted, published, missing, notApplicable } =
    present(message);
  return { points, maxPoints, nominalMaxPoints, percent, converted, published, missing, notApplicable };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Gate | undefined} message
 * @returns {Gate}
 */
function gate(message) {
  const { level, measure, unit, minimum, strict } = present(message);
  return { level, measure, unit: unit === GateUnit.PERCENT ? "percent" : "points", minimum, strict };
}

/**
 * The units of a table.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Ranking} message
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").RankingTable} table
 * @param {ReadonlyMap<string, Unit>} units
 */
function tableUnits(message, table, units) {
  const readers = table.categories.map((column, at) =>
    categoryReader(
      column,
      message.tallies[at].levels.map((count) => count.level),
    ),
  );
  return table.unitIds.map((id, at) => {
    const categories = readers.map((read) => read(at));
    const unranked = categories.filter((found) => found.standing !== "ranked").map((found) => found.category);
    return new UnitResult(
      units.get(id) ?? { id, tier: message.tier },
      categories,
      scoreAt(table.overall, at),
      table.overallRanks[at],
      message.overallRequires.filter((code) => unranked.includes(code)),
      table.commended[at] ?? false, // without the list, the set commends nobody
    );
  });
}

/**
 * Reads a unit's category out of columns, by the unit's place.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryColumn} column
 * @param {number[]} levels Best first.
 * @returns {(at: number) => CategoryResult}
 */
function categoryReader(column, levels) {
  const gates = column.gates.map((message, bit) => {
    const measure = present(column.measures.find((measured) => measured.measure === message.measure));
    const values = message.unit === GateUnit.PERCENT ? measure.percent : measure.points;
    return { gate: gate(message), mask: 1n << BigInt(bit), values };
  });
  return (at) => {
    const level = column.levels[at];
    const failed = column.failedGates[at];
    const next = levels[(level ? levels.indexOf(level) : levels.length) - 1];
    return {
      category: column.category,
      score: scoreAt(column.score, at),
      standing: /** @type {CategoryResult["standing"]} */ (STANDINGS[column.standings[at]]),
      level,
      rank: column.ranks[at],
      causes: gates
        .filter((item) => item.gate.level === next && failed & item.mask)
        .map((item) => new Cause(item.gate, item.values[at])),
      measures: [],
      groups: column.groups.map((group) => ({ group: group.group, score: scoreAt(group.score, at), criteria: [] })),
    };
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").ScoreColumns | undefined} message
 * @param {number} at
 * @returns {Score}
 */
function scoreAt(message, at) {
  const columns = present(message);
  return {
    points: columns.points[at],
    maxPoints: columns.maxPoints[at],
    nominalMaxPoints: columns.nominalMaxPoints,
    percent: columns.percent[at],
    converted: columns.converted[at],
    published: columns.published[at],
    missing: columns.missing[at],
    notApplicable: columns.notApplicable[at],
  };
}

/**
 * A message that every reply has.
 *
 * @template T
 * @param {T | undefined} message
 * @returns {T}
 */
function present(message) {
  if (message === undefined) {
    throw new TypeError("the reply lacks a part that every reply has: is this server a scorer?");
  }
  return message;
}
