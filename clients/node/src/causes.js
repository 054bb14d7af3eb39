// What a unit lacks for a better level.

import { causeSentence } from "./sentences.js";

/** @typedef {import("./sentence-words.js").Language} Language */
/** @typedef {import("./sentences.js").Titles} Titles */

/**
 * A condition of a level or a limit: usually a minimum that a measure must reach.
 *
 * @typedef {object} Gate
 * @property {number} level 0: a limit needs it.
 * @property {string} measure Empty for a gate on an answer or on another category's level.
 * @property {"percent" | "points" | ""} unit Empty if there is no measure.
 * @property {number} minimum The largest value instead if `upper`.
 * @property {boolean} strict Whether a value that equals the minimum fails.
 * @property {boolean} upper
 * @property {string} indicator An indicator whose answer must be one of `options`; or none of them, if `excluded`.
 * @property {string[]} options
 * @property {string} category Another category, in which `categoryLevel` must be reached; or not, if `excluded`.
 * @property {number} categoryLevel
 * @property {boolean} excluded
 * @property {number} limit The number of the limit that needs it; 0: a level needs it.
 */

/**
 * What a unit has of a gate, or of a combination of gates.
 *
 * @typedef {object} Found
 * @property {number} value The unit's value of the measure.
 * @property {string} answer The unit's answer; empty: not reported.
 * @property {number} reachedLevel The level that the unit reaches in the other category; 0: none.
 * @property {number} atLeast Of a combination: how many of its parts must hold; 0: it is a gate.
 * @property {number} outOf Of a combination: the number of its parts.
 * @property {Cause[]} of Of a combination: the parts that do not hold, the nearest first.
 */

/** What a unit lacks for its next better level: a gate, or a combination of gates such as "2 of 3". */
export class Cause {
  /**
   * @param {Gate} gate
   * @param {Found} found
   */
  constructor(gate, found) {
    this.level = gate.level;
    this.measure = gate.measure;
    this.unit = gate.unit;
    this.minimum = gate.minimum;
    this.strict = gate.strict;
    this.value = found.value;
    this.upper = gate.upper;
    this.indicator = gate.indicator;
    this.options = gate.options;
    this.answer = found.answer;
    this.category = gate.category;
    this.categoryLevel = gate.categoryLevel;
    this.reachedLevel = found.reachedLevel;
    this.excluded = gate.excluded;
    this.limit = gate.limit;
    this.atLeast = found.atLeast;
    this.outOf = found.outOf;
    this.of = found.of;
  }

  /**
   * The cause as a sentence; `titles` has names by code and key, see `Form.names`.
   *
   * @param {Language} [language]
   * @param {Titles} [titles]
   * @param {string} [category] Code of the category that the cause is of, whose levels may have names.
   */
  sentence(language = "en", titles = {}, category = "") {
    return causeSentence(this, language, titles, category);
  }
}
