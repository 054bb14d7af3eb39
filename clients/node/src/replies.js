// Converts reply messages to results.

import {
  CategoryScoreSchema,
  CriterionCountSchema,
  CriterionScoreSchema,
  GateResultSchema,
  GateSchema,
  GateUnitSchema,
  GroupScoreSchema,
  MeasureResultSchema,
  ProvenanceSchema,
  ScorecardSchema,
  ScoreSchema,
  SubtotalScoreSchema,
  UnitSchema,
} from "../gen/egov/scorer/v1/scorer_pb.js";
import { Cause } from "./causes.js";
import { messageReader, wordOf, wordsOf } from "./fields.js";
import { TableRanking } from "./ranking-tables.js";
import { Province, Ranking } from "./rankings.js";
import { UnitResult } from "./results.js";
import { textsByKey } from "./titles.js";

/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").RankProvinceResponse} RankProvinceResponse */
/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").Ranking} RankingMessage */
/** @typedef {import("./rankings.js").Tally} Tally */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */

const readCategory = messageReader(CategoryScoreSchema);
const readCount = messageReader(CriterionCountSchema);
const readCriterion = withSelfReported(messageReader(CriterionScoreSchema));
const readGate = messageReader(GateSchema);
const readGroup = messageReader(GroupScoreSchema);
const readMeasure = messageReader(MeasureResultSchema);
const readResult = messageReader(GateResultSchema);
const readProvenance = messageReader(ProvenanceSchema);
const readScorecard = messageReader(ScorecardSchema);
const readScore = withSelfReported(messageReader(ScoreSchema));
const readSubtotal = messageReader(SubtotalScoreSchema);
const readUnit = messageReader(UnitSchema);
const gateUnits = wordsOf(GateUnitSchema);

/**
 * Converts the reply to a request with rows.
 *
 * @param {RankProvinceResponse} reply
 */
export function province(reply) {
  return provinceOf(reply, (message, ...common) => {
    return new Ranking(...common, message.scorecards.map((card) => unitResult(card)));
  });
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
 * Converts the reply of ScoreUnit.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").ScoreUnitResponse} reply
 */
export function scoredUnit(reply) {
  return unitResult(present(reply.scorecard), textsByKey(reply.names));
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Scorecard} card
 * @param {Record<string, import("./titles.js").Texts>} [texts]
 */
function unitResult(card, texts) {
  const overall = present(card.overall);
  const fields = {
    ...readUnit(present(card.unit)),
    ...readScorecard(card),
    categories: card.categories.map(category),
    overall: readScore(present(overall.score)),
    overallRank: overall.rank,
    lacking: overall.lacking,
    subtotals: card.subtotals.map((item) => ({ ...readSubtotal(item), score: readScore(present(item.score)) })),
  };
  return new UnitResult(fields, texts);
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
  return new Province(
    rankings,
    readProvenance(present(reply.provenance)),
    reply.nextPageToken,
    textsByKey(reply.names),
  );
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
    criteria: message.criteria.map(readCount),
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryScore} message
 * @returns {CategoryResult}
 */
function category(message) {
  return {
    ...readCategory(message),
    score: readScore(present(message.score)),
    causes: message.failing.map(cause),
    measures: message.measures.map(readMeasure),
    groups: message.groups.map((group) => ({
      ...readGroup(group),
      score: readScore(present(group.score)),
      criteria: group.criteria.map(readCriterion),
    })),
  };
}

/**
 * Returns a reader that also reads the field `selfReported`, a message of the same type that some messages have.
 *
 * @template {{ selfReported?: T }} T
 * @param {(message: T) => any} read
 * @returns {(message: T) => any}
 */
function withSelfReported(read) {
  return (message) => ({
    ...read(message),
    ...(message.selfReported && { selfReported: read(message.selfReported) }),
  });
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").GateResult} message
 * @returns {Cause}
 */
function cause(message) {
  return new Cause(gate(message.gate), { ...readResult(message), of: message.of.map(cause) });
}

/**
 * Converts a gate.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Gate | undefined} message
 * @returns {import("./causes.js").Gate}
 */
export function gate(message) {
  const { unit, options } = present(message);
  return { ...readGate(present(message)), unit: unit ? wordOf(gateUnits, unit) : "", options };
}

/**
 * Returns a message that every reply must have.
 *
 * @template T
 * @param {T | undefined} message
 * @returns {T}
 */
export function present(message) {
  if (message === undefined) {
    throw new TypeError("the reply lacks a part that every reply has: is this server a scorer?");
  }
  return message;
}
