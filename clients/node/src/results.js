// The results of a unit as plain objects.

import { only } from "./checks.js";
import { categorySentence } from "./sentences.js";
import { inLanguage } from "./titles.js";

/** @typedef {import("./causes.js").Cause} Cause */
/** @typedef {import("./sentence-words.js").Language} Language */
/** @typedef {import("./sentences.js").Titles} Titles */
/** @typedef {import("./titles.js").Texts} Texts */

/**
 * The scores of one sum of criteria; the fields are those of the message Score.
 *
 * @typedef {object} Score
 * @property {number} points
 * @property {number} maxPoints
 * @property {number} nominalMaxPoints
 * @property {number} percent
 * @property {number} converted
 * @property {number} published
 * @property {number} missing
 * @property {number} notApplicable
 * @property {Score} [selfReported] The same sum, computed from the answers that the unit reported itself; absent if the
 *   set has no other answers.
 */

/**
 * A measure that gates compare.
 *
 * @typedef {object} Measure
 * @property {string} measure
 * @property {number} points
 * @property {number} maxPoints
 * @property {number} percent
 * @property {number} level The best level for which the unit passes all gates on this measure; 0 if there is none.
 */

/**
 * One criterion of a unit.
 *
 * @typedef {object} CriterionResult
 * @property {string} criterion
 * @property {number} points
 * @property {number} maxPoints
 * @property {"scored" | "missing" | "not_applicable" | `unknown_${number}`} status
 * @property {CriterionResult} [selfReported] The same criterion, computed from the unit's own reports; absent if the
 *   set has no other answers.
 */

/**
 * One criterion group of a unit.
 *
 * @typedef {object} GroupResult
 * @property {string} group
 * @property {Score} score
 * @property {CriterionResult[]} criteria
 */

/**
 * One subtotal of a unit: a sum of criteria across groups. Levels and ranks do not depend on it.
 *
 * @typedef {object} SubtotalResult
 * @property {string} subtotal
 * @property {Score} score
 */

/**
 * One category of a unit.
 *
 * @typedef {object} CategoryResult
 * @property {string} category
 * @property {Score} score
 * @property {"ranked" | "below_minimum" | "nothing_applicable" | "excluded" | `unknown_${number}`} standing
 * @property {number} level The unit's level; 1 is the best, 0 means that the unit has no level.
 * @property {string} levelCode The level's code for people, such as "A"; empty if the unit has no level, or the level
 *   has no code.
 * @property {number} rank The unit's rank, from 1; 0 if the unit is not ranked, or was scored with `scoreUnit`.
 * @property {Cause[]} causes What the unit lacks for its next better level; if it has no level, for the lowest one.
 * @property {Measure[]} measures Empty if the request was a table. The table of the reply has columns for the measures.
 * @property {GroupResult[]} groups Empty unless the result was requested with `full`.
 */

/** The results of one unit. */
export class UnitResult {
  id = "";
  name = "";
  tier = "";
  parent = "";
  /** @type {CategoryResult[]} */
  categories = [];
  /**
   * The scores of all categories together.
   *
   * @type {Score}
   */
  overall;
  /** The unit's overall rank, from 1; 0 if it has none, or the unit was scored with `scoreUnit`. */
  overallRank = 0;
  /**
   * Required categories in which the unit is not ranked.
   *
   * @type {string[]}
   */
  lacking = [];
  /** Whether the unit is commended; false if it was scored with `scoreUnit`. */
  commended = false;
  /**
   * Empty unless the result was requested with `full`.
   *
   * @type {SubtotalResult[]}
   */
  subtotals = [];
  /** @type {Record<string, Texts>} */
  #texts;

  /**
   * @param {Omit<UnitResult, "category" | "why" | "names">} fields
   * @param {Record<string, Texts>} [texts] Titles of tiers, levels and statuses, if the call was `scoreUnit`.
   */
  constructor(fields, texts = {}) {
    this.overall = fields.overall;
    Object.assign(this, fields);
    this.#texts = texts;
  }

  /**
   * Titles of tiers, levels and statuses in one language, if the call was `scoreUnit`; otherwise `Province` has them.
   *
   * @param {string} language
   */
  names(language) {
    return inLanguage(this.#texts, language);
  }

  /**
   * One category.
   *
   * @param {string} code
   * @throws {RangeError} The unit's tier does not have the category.
   */
  category(code) {
    return only(this.categories, (category) => category.category, code, "category");
  }

  /**
   * For each category, a sentence with the level and the causes that keep the unit from a better level.
   *
   * @param {Language} [language]
   * @param {Titles} [titles]
   */
  why(language = "en", titles = {}) {
    return this.categories.map((category) => categorySentence(category, language, titles));
  }
}
