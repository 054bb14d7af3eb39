// Sentences about levels and causes, in English and Vietnamese.

import { types } from "node:util";
import { describe, isPlainObject } from "./checks.js";
import { levelKey } from "./titles.js";

/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./results.js").Cause} Cause */

/**
 * "en" or "vi"; any other language is treated as "en".
 *
 * @typedef {string} Language
 */

/**
 * Names of categories, groups and criteria by code, and other names by key; see `Form.names`.
 *
 * @typedef {Readonly<Record<string, string>> | ReadonlyMap<string, string>} Titles
 */

const ENGLISH = {
  total: "total",
  points: "points",
  /** @type {(measure: string, value: string, level: string, comparison: string, minimum: string) => string} */
  cause: (measure, value, level, comparison, minimum) =>
    `${measure} is ${value}, ${level} asks for ${comparison} ${minimum}`,
  atLeast: "at least",
  above: "above",
  /** @type {(level: number) => string} */
  level: (level) => `level ${level}`,
  /** @type {(category: string) => string} */
  ranked: (category) => `${category}: ranked`,
  best: "the best",
  /** @type {(category: string) => string} */
  belowMinimum: (category) => `${category}: not ranked`,
  /** @type {(category: string) => string} */
  nothingApplicable: (category) => `${category}: not ranked, as nothing of it applies`,
};

/** @type {typeof ENGLISH} */
const VIETNAMESE = {
  total: "tổng điểm",
  points: "điểm",
  cause: (measure, value, level, comparison, minimum) =>
    `${measure} đạt ${value}, ${level} yêu cầu ${comparison} ${minimum}`,
  atLeast: "từ",
  above: "trên",
  level: (level) => `mức ${level}`,
  ranked: (category) => `${category}: được xếp hạng`,
  best: "mức cao nhất",
  belowMinimum: (category) => `${category}: không được xếp hạng`,
  nothingApplicable: (category) => `${category}: không được xếp hạng vì không có tiêu chí nào áp dụng`,
};

/**
 * Such as: infrastructure + human_resources is 78.86 %, level 3 asks for at least 80 %.
 *
 * @param {Cause} cause
 * @param {Language} language
 * @param {Titles} titles
 */
export function causeSentence(cause, language, titles) {
  const words = wordsOf(language);
  const sign = cause.unit === "percent" ? " %" : ` ${words.points}`;
  return words.cause(
    measureName(cause.measure, words, titles),
    shown(cause.value, cause.minimum) + sign,
    levelName(cause.category, cause.level, words, titles),
    cause.strict ? words.above : words.atLeast,
    plain(micro(cause.minimum)) + sign,
  );
}

/**
 * The result of a unit in one category, as a sentence.
 *
 * @param {CategoryResult} category
 * @param {Language} language
 * @param {Titles} titles
 */
export function categorySentence(category, language, titles) {
  const words = wordsOf(language);
  const name = titleOf(category.category, titles) ?? category.category;
  if (category.standing === "nothing_applicable") {
    return words.nothingApplicable(name);
  }
  const head =
    category.standing === "below_minimum"
      ? words.belowMinimum(name)
      : category.level
        ? `${name}: ${levelName(category.category, category.level, words, titles)}`
        : words.ranked(name);
  if (category.causes.length) {
    return `${head}; ${category.causes.map((cause) => causeSentence(cause, language, titles)).join("; ")}`;
  }
  return category.level ? `${head}, ${words.best}` : head;
}

/**
 * The name of a level for people: its title, or such as "level 1".
 *
 * @param {string} category
 * @param {number} level
 * @param {typeof ENGLISH} words
 * @param {Titles} titles
 */
function levelName(category, level, words, titles) {
  return titleOf(levelKey(category, level), titles) ?? words.level(level);
}

/**
 * The name of a measure for people.
 *
 * @param {string} measure
 * @param {typeof ENGLISH} words
 * @param {Titles} titles
 */
function measureName(measure, words, titles) {
  const names = measure.split("+").map((term) => titleOf(term, titles) ?? (term === "total" ? words.total : term));
  return names.join(" + ");
}

/**
 * The title of a code; undefined if there is none.
 *
 * @param {string} code
 * @param {Titles} titles
 */
function titleOf(code, titles) {
  if (types.isMap(titles)) {
    return titles.get(code);
  }
  if (!isPlainObject(titles)) {
    throw new TypeError(`titles: expected a plain object or a Map, not ${describe(titles)}`);
  }
  return Object.hasOwn(titles, code) ? /** @type {Record<string, string>} */ (titles)[code] : undefined;
}

/**
 * A number with two decimals, rounded half up; with more if it would look equal to the minimum otherwise.
 *
 * @param {number} value
 * @param {number} minimum
 */
function shown(value, minimum) {
  const [exact, limit] = [micro(value), micro(minimum)];
  return plain(exact !== limit && hundredths(exact) === hundredths(limit) ? exact : hundredths(exact));
}

/**
 * A number in millionths. This is a whole number, because the service's numbers have at most six decimals.
 *
 * @param {number} number
 */
function micro(number) {
  return Math.round(number * 1e6);
}

/**
 * Millionths rounded to hundredths, an exact half away from zero.
 *
 * @param {number} millionths
 */
function hundredths(millionths) {
  return Math.sign(millionths) * Math.floor((Math.abs(millionths) + 5_000) / 10_000) * 10_000;
}

/**
 * Millionths as a decimal number without trailing zeros.
 *
 * @param {number} millionths
 */
function plain(millionths) {
  const digits = String(Math.abs(millionths)).padStart(7, "0");
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
  return millionths < 0 ? `-${text}` : text;
}

/** @param {Language} language */
function wordsOf(language) {
  return language === "vi" ? VIETNAMESE : ENGLISH;
}
