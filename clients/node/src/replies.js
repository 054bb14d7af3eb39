// Converts reply messages to results.

import { CriterionStatus, GateUnit, Standing } from "../gen/egov/scorer/v1/scorer_pb.js";
import { TableRanking } from "./ranking-tables.js";
import { Cause, Province, Ranking, UnitResult } from "./results.js";

/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").RankProvinceResponse} RankProvinceResponse */
/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").Ranking} RankingMessage */
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
 * Converts the reply to a request with rows.
 *
 * @param {RankProvinceResponse} reply
 */
export function province(reply) {
  return provinceOf(reply, (message, ...common) => new Ranking(...common, message.scorecards.map(unitResult)));
}

/**
 * Converts the reply to a request with a table.
 *
 * @param {RankProvinceResponse} reply
 * @param {import("#arrow-types").Arrow} arrow
 */
export function tableProvince(reply, arrow) {
  return provinceOf(
    reply,
    (message, ...common) => new TableRanking(...common, present(message.table).arrowStream, arrow),
  );
}

/**
 * Converts a scorecard.
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
 * @template {Ranking} R
 * @param {RankProvinceResponse} reply
 * @param {(message: RankingMessage, tier: string, cohort: string, unitCount: number, overallRanked: number,
 *   tallies: Tally[]) => R} ranking
 */
function provinceOf(reply, ranking) {
  const rankings = reply.rankings.map((message) => {
    const { tier, cohort, unitCount, overallRanked, tallies } = message;
    return ranking(message, tier, cohort, unitCount, overallRanked, tallies.map(tally));
  });
  return new Province(rankings, provenance(present(reply.provenance)), reply.nextPageToken);
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
    causes: message.failing.map(cause),
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
  const { unit, ...fields } = present(message);
  const { level, measure, minimum, strict, upper, indicator, options, category, categoryLevel, excluded, limit } = fields;
  return {
    level,
    measure,
    unit: unit === GateUnit.PERCENT ? "percent" : "points",
    minimum,
    strict,
    upper,
    indicator,
    options,
    category,
    categoryLevel,
    excluded,
    limit,
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").GateResult} message
 * @returns {Cause}
 */
function cause(message) {
  const { value, answer, reachedLevel, atLeast, outOf, of } = message;
  return new Cause(gate(message.gate), { value, answer, reachedLevel, atLeast, outOf, of: of.map(cause) });
}

/**
 * Returns a message that every reply must have.
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
