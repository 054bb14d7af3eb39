// Criteria sets as forms: the indicators of a set, and the titles of its parts.

import { CriteriaSetState, CriterionEffectSchema, IndicatorKindSchema } from "../gen/egov/scorer/v1/criteria_pb.js";
import { wordOf, wordsOf } from "./fields.js";
import { rulesOf } from "./rules.js";
import { indicatorKey, inLanguage, optionKey, subtotalKey, textsByKey, textsOf } from "./titles.js";

/** @typedef {import("../gen/egov/scorer/v1/criteria_pb.js").CriteriaSet} CriteriaSetMessage */
/** @typedef {import("../gen/egov/scorer/v1/criteria_pb.js").CriteriaSetSummary} SummaryMessage */
/** @typedef {import("./requests.js").Day} Day */
/** @typedef {import("./titles.js").Texts} Texts */

/**
 * The summary of a criteria set.
 *
 * @typedef {object} CriteriaSetSummary
 * @property {string} code
 * @property {Texts} titles
 * @property {string} provenance "published" or "reconstructed".
 * @property {Day | null} effectiveFrom The first day on which the set is in force; null if the set does not name one.
 * @property {Day | null} effectiveTo The last day on which the set is in force; null if the set does not name one.
 * @property {string[]} tiers
 * @property {string} revision
 * @property {boolean} available Whether the set and its current document can be used; otherwise `problems` says
 *   why not.
 * @property {string[]} problems
 * @property {string} series The name shared by successive sets of one method; may be empty.
 */

/**
 * One value that units report.
 *
 * @typedef {object} Indicator
 * @property {string} code
 * @property {"count" | "number" | "flag" | "choice" | "date" | `unknown_${number}`} kind
 * @property {string} unit
 * @property {Texts} titles
 * @property {string[]} options
 * @property {Record<string, [number, number]>} ranges The smallest and the largest allowed answer, by tier.
 * @property {Texts} meanings What exactly units have to report.
 * @property {Texts} unitTitles The unit of measurement by language; other languages use `unit`.
 * @property {Record<string, Texts>} optionTitles The titles of each option, by code of the option.
 */

/**
 * A value by which units are ordered.
 *
 * @typedef {object} RankKey
 * @property {string} kind "score": the converted score of a category, or the overall score; "level": the level in a
 *   category, the best first; "measure": the converted score of a measure.
 * @property {string} category Empty for the overall score.
 * @property {string} measure Empty unless the kind is "measure".
 */

const EFFECTS = wordsOf(CriterionEffectSchema);
const KINDS = wordsOf(IndicatorKindSchema);

/** A criteria set in the form that is needed to fill in answers. */
export class Form {
  /** @param {CriteriaSetMessage} message The service's message. */
  constructor(message) {
    const { code, titles, tiers, names } = /** @type {SummaryMessage} */ (message.summary);
    const groups = message.categories.flatMap((category) => category.groups);
    const criteria = groups.flatMap((group) => group.criteria);
    this.criteriaSet = code;
    this.titles = textsOf(titles);
    this.tiers = tiers;
    /** The set's indicators, in the order in which criteria first read them. */
    this.indicators = message.indicators.map(indicator);
    /** Ids of criteria that may be marked as not applicable. */
    this.excludable = criteria.filter((criterion) => criterion.mayBeNotApplicable).map((criterion) => criterion.id);
    /**
     * Titles by language, by these keys: codes of categories, groups and criteria; `indicator/INDICATOR`;
     * `option/INDICATOR/OPTION`; `subtotal/SUBTOTAL`; and the keys of `Province.names`.
     *
     * @type {Record<string, Texts>}
     */
    this.texts = Object.fromEntries([
      ...[...message.categories, ...groups].map((item) => [item.code, textsOf(item.titles)]),
      ...criteria.map((criterion) => [criterion.id, textsOf(criterion.titles)]),
      ...message.indicators.map((item) => [indicatorKey(item.code), textsOf(item.titles)]),
      ...message.indicators.flatMap(({ code: of, optionTitles }) =>
        optionTitles.map((option) => [optionKey(of, option.code), textsOf(option.titles)]),
      ),
      ...message.subtotals.map((item) => [subtotalKey(item.code), textsOf(item.titles)]),
      ...Object.entries(textsByKey(names)),
    ]);
    /**
     * The tiers that have each criterion, by its id.
     *
     * @type {Record<string, string[]>}
     */
    this.criteria = Object.fromEntries(criteria.map(({ id, points }) => [id, points.map(({ tier }) => tier)]));
    /**
     * How each criterion contributes to sums, by its id: "score", "bonus" or "penalty".
     *
     * @type {Record<string, string>}
     */
    this.effects = Object.fromEntries(criteria.map(({ id, effect }) => [id, wordOf(EFFECTS, effect)]));
    /** What levels and limits require, by category and tier. */
    this.rules = rulesOf(message.categories);
    /**
     * The values that order the units of a ranking, by category, and "overall" for the overall ranking. Where the first
     * one is equal, the second one decides, and so on.
     *
     * @type {Record<string, RankKey[]>}
     */
    this.rankBy = Object.fromEntries([
      ["overall", message.rankBy.map(rankKey)],
      ...message.categories.map((category) => [category.code, category.rankBy.map(rankKey)]),
    ]);
    /** Number of decimals of published points. */
    this.pointsDecimals = message.precision?.points ?? 0;
    /** Tiers in which units are commended. */
    this.commends = message.commend.map((best) => best.tier);
    /** Tiers whose units are ranked within their parent; these units must name a parent. */
    this.withinParent = message.rankedWithinParent;
    /** Number of decimals of published percentages. */
    this.percentDecimals = message.precision?.percent ?? 0;
    /** How published points and percentages are rounded: "half_up", "half_even", "down" or "up". */
    this.rounding = message.precision?.mode || "half_up";
  }

  /**
   * All titles in a language, by the keys of `texts`. A title that this language lacks is in its first language.
   * `sentence` and `why` accept the result.
   *
   * @param {string} language
   */
  names(language) {
    return inLanguage(this.texts, language);
  }
}

/**
 * The summary of a criteria set.
 *
 * @param {SummaryMessage} message
 * @returns {CriteriaSetSummary}
 */
export function summary(message) {
  const { code, titles, provenance, effectiveFrom, effectiveTo, tiers, revision, state, problems, series } = message;
  return {
    code,
    titles: textsOf(titles),
    provenance,
    effectiveFrom: day(effectiveFrom),
    effectiveTo: day(effectiveTo),
    tiers,
    revision,
    available: state === CriteriaSetState.AVAILABLE,
    problems,
    series,
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/criteria_pb.js").Indicator} message
 * @returns {Indicator}
 */
function indicator(message) {
  const largest = new Map(message.maximum.map((bound) => [bound.tier, bound.value]));
  return {
    code: message.code,
    kind: wordOf(KINDS, message.kind),
    unit: message.unit,
    titles: textsOf(message.titles),
    options: message.options,
    ranges: Object.fromEntries(
      message.minimum.map(({ tier, value }) => [tier, [value, /** @type {number} */ (largest.get(tier))]]),
    ),
    meanings: textsOf(message.meanings),
    unitTitles: textsOf(message.unitTitles),
    optionTitles: Object.fromEntries(message.optionTitles.map(({ code, titles }) => [code, textsOf(titles)])),
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/criteria_pb.js").RankKey} message
 * @returns {RankKey}
 */
function rankKey({ kind, category, measure }) {
  return { kind, category, measure };
}

/**
 * @param {import("../gen/google/type/date_pb.js").Date | undefined} date
 * @returns {Day | null}
 */
function day(date) {
  return date ? { year: date.year, month: date.month, day: date.day } : null;
}
