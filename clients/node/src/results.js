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
 * @property {Score} [selfReported] The same sum with the answers that the unit reported itself; absent if all answers
 *   of the set are.
 */

/**
 * A measure that gates compare.
 *
 * @typedef {object} Measure
 * @property {string} measure
 * @property {number} points
 * @property {number} maxPoints
 * @property {number} percent
 * @property {number} level The best level whose gates on this measure all hold; 0: none.
 */

/**
 * One criterion of a unit.
 *
 * @typedef {object} CriterionResult
 * @property {string} criterion
 * @property {number} points
 * @property {number} maxPoints
 * @property {"scored" | "missing" | "not_applicable"} status
 * @property {CriterionResult} [selfReported] The same criterion with the answers that the unit reported itself; absent
 *   if all answers of the set are.
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
 * One subtotal of a unit: the sum of criteria across groups, which decides nothing.
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
 * @property {"ranked" | "below_minimum" | "nothing_applicable" | "excluded"} standing
 * @property {number} level 1 is best; 0: none.
 * @property {string} levelCode What people call the level, such as "A"; empty without a level, or if it has no code.
 * @property {number} rank From 1; 0: not ranked, or scored alone.
 * @property {Cause[]} causes What the unit lacks for the next better level, or for the lowest level if it has none.
 * @property {Measure[]} measures Empty if the request was a table, which has a column for each measure.
 * @property {GroupResult[]} groups With `full` only.
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
   * All categories together.
   *
   * @type {Score}
   */
  overall;
  /** From 1; 0: not ranked, or scored alone. */
  overallRank = 0;
  /**
   * Required categories in which the unit is not ranked.
   *
   * @type {string[]}
   */
  lacking = [];
  /** Whether the unit is commended; false if it was scored alone. */
  commended = false;
  /**
   * With `full` only.
   *
   * @type {SubtotalResult[]}
   */
  subtotals = [];
  /** @type {Record<string, Texts>} */
  #texts;

  /**
   * @param {Omit<UnitResult, "category" | "why" | "names">} fields
   * @param {Record<string, Texts>} [texts] Titles of tiers, levels and statuses, if the unit was scored alone.
   */
  constructor(fields, texts = {}) {
    this.overall = fields.overall;
    Object.assign(this, fields);
    this.#texts = texts;
  }

  /**
   * Titles of tiers, levels and statuses in one language, if the unit was scored alone; otherwise `Province` has them.
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
   * A sentence for each category: the level, and what keeps the unit from a better one.
   *
   * @param {Language} [language]
   * @param {Titles} [titles]
   */
  why(language = "en", titles = {}) {
    return this.categories.map((category) => categorySentence(category, language, titles));
  }
}
