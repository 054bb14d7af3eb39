// Sentences about levels and causes, in English and Vietnamese.

import { types } from "node:util";
import { describe, isPlainObject } from "./checks.js";
import { wordsOf } from "./sentence-words.js";
import { indicatorKey, levelKey, limitKey, optionKey } from "./titles.js";

/** @typedef {import("./causes.js").Cause} Cause */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./sentence-words.js").Language} Language */
/** @typedef {import("./sentence-words.js").Words} Words */

/**
 * Names of categories, groups and criteria by code, and other names by key; see `Form.names`.
 *
 * @typedef {Readonly<Record<string, string>> | ReadonlyMap<string, string>} Titles
 */

/**
 * A cause as a sentence, such as: infrastructure + human_resources is 78.86 %, level 3 requires at least 80 %.
 *
 * @param {Cause} cause
 * @param {Language} language
 * @param {Titles} titles
 * @param {string} category Code of the category to which the cause belongs.
 */
export function causeSentence(cause, language, titles, category) {
  const words = wordsOf(language);
  const who = cause.level
    ? levelName(category, cause.level, words, titles)
    : limitName(category, cause.limit, words, titles);
  if (cause.atLeast) {
    return words.asks(who, combination(cause, words, titles));
  }
  const sentence = cause.indicator ? words.answerCause : cause.category ? words.levelCause : words.cause;
  return sentence(...subject(cause, words, titles), who, needed(cause, words, titles));
}

/**
 * A combination in few words, such as: 2 of 3: presence 71 of 80 % or transaction 66 of 80 %.
 *
 * @param {Cause} cause
 * @param {Words} words
 * @param {Titles} titles
 * @returns {string}
 */
function combination(cause, words, titles) {
  const conditions = cause.of.map((condition) =>
    condition.atLeast ? `(${combination(condition, words, titles)})` : shortCause(condition, words, titles),
  );
  const joined = conditions.join(cause.atLeast === cause.outOf ? words.and : words.or);
  return words.combination(cause.atLeast, cause.outOf, joined);
}

/**
 * A gate in few words, such as: total 78.86 of 80 %.
 *
 * @param {Cause} cause
 * @param {Words} words
 * @param {Titles} titles
 */
function shortCause(cause, words, titles) {
  const [name, value] = subject(cause, words, titles);
  if (cause.measure && !cause.strict && !cause.upper) {
    return words.short(name, shown(cause.value, cause.minimum), minimum(cause, words));
  }
  return `${name}${cause.measure ? "" : ":"} ${value} (${needed(cause, words, titles)})`;
}

/**
 * The name of what a gate reads, and the unit's value for it, as texts.
 *
 * @param {Cause} cause
 * @param {Words} words
 * @param {Titles} titles
 * @returns {[string, string]}
 */
function subject(cause, words, titles) {
  const name = subjectName(cause, words, titles);
  if (cause.indicator) {
    return [name, answer(cause, cause.answer, words, titles)];
  }
  if (cause.category) {
    const level = levelName(cause.category, cause.reachedLevel, words, titles);
    return [name, cause.reachedLevel ? words.atLevel(level) : words.noLevel];
  }
  return [name, shown(cause.value, cause.minimum) + sign(cause, words)];
}

/**
 * The name of what a gate reads: of a measure, an indicator or another category.
 *
 * @param {Cause} cause
 * @param {Words} words
 * @param {Titles} titles
 */
export function subjectName(cause, words, titles) {
  if (cause.indicator) {
    return titleOf(indicatorKey(cause.indicator), titles) ?? cause.indicator;
  }
  return cause.category
    ? titleOf(cause.category, titles) ?? cause.category
    : measureName(cause.measure, words, titles);
}

/**
 * What a gate requires, such as: at least 80 %.
 *
 * @param {Cause} cause
 * @param {Words} words
 * @param {Titles} titles
 */
export function needed(cause, words, titles) {
  if (cause.indicator) {
    const options = cause.options.map((option) => words.quoted(answer(cause, option, words, titles))).join(words.or);
    return cause.excluded ? words.except(options) : words.options(options);
  }
  if (cause.category) {
    const level = levelName(cause.category, cause.categoryLevel, words, titles);
    return cause.excluded ? words.worse(level) : words.orBetter(level);
  }
  const lower = cause.strict ? words.above : words.atLeast;
  const upper = cause.strict ? words.below : words.atMost;
  return `${cause.upper ? upper : lower} ${minimum(cause, words)}`;
}

/**
 * An answer for people: the title of an option, yes, no, or "not reported".
 *
 * @param {Cause} cause
 * @param {string} code "true" or "false" for a flag, or an option; empty if the answer was not reported.
 * @param {Words} words
 * @param {Titles} titles
 */
function answer(cause, code, words, titles) {
  const title = titleOf(optionKey(cause.indicator, code), titles);
  if (title) {
    return title;
  }
  return code === "true" ? words.yes : code === "false" ? words.no : code || words.notReported;
}

/**
 * @param {Cause} cause
 * @param {Words} words
 */
function minimum(cause, words) {
  return plain(micro(cause.minimum)) + sign(cause, words);
}

/**
 * @param {Cause} cause
 * @param {Words} words
 */
function sign(cause, words) {
  return cause.unit === "percent" ? " %" : ` ${cause.unit === "points" ? words.points : cause.unit}`;
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
  const head = headOf(category, name, words, titles);
  if (category.causes.length) {
    return `${head}; ${category.causes.map((cause) => causeSentence(cause, language, titles, category.category)).join("; ")}`;
  }
  return category.level ? `${head}, ${words.best}` : head;
}

/**
 * The start of a sentence about a category: its name, and the unit's level or standing.
 *
 * @param {CategoryResult} category
 * @param {string} name
 * @param {Words} words
 * @param {Titles} titles
 */
function headOf({ category, standing, level }, name, words, titles) {
  switch (standing) {
    case "below_minimum":
    case "excluded":
      return words.notRanked(name);
    case "ranked":
      return level ? `${name}: ${levelName(category, level, words, titles)}` : words.ranked(name);
    default: // only a newer server knows it
      return `${name}: ${titleOf(`standing/${standing}`, titles) ?? standing}`;
  }
}

/**
 * The name of a level for people: its title; without a title, its number, such as "level 1".
 *
 * @param {string} category
 * @param {number} level
 * @param {Words} words
 * @param {Titles} titles
 */
export function levelName(category, level, words, titles) {
  return titleOf(levelKey(category, level), titles) ?? words.level(level);
}

/**
 * The name of a limit for people: with its title, such as: the limit "Low impact"; or with its number: limit 1.
 *
 * @param {string} category
 * @param {number} limit
 * @param {Words} words
 * @param {Titles} titles
 */
function limitName(category, limit, words, titles) {
  const title = titleOf(limitKey(category, limit), titles);
  return title ? words.limitTitled(title) : words.limit(limit);
}

/**
 * The name of a measure for people.
 *
 * @param {string} measure
 * @param {Words} words
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
 * A number with two decimals, rounded half up. It has more decimals if it would otherwise look equal to the minimum.
 *
 * @param {number} value
 * @param {number} minimum
 */
function shown(value, minimum) {
  const [exact, limit] = [micro(value), micro(minimum)];
  return plain(exact !== limit && hundredths(exact) === hundredths(limit) ? exact : hundredths(exact));
}

/**
 * A number in millionths, as a whole number: numbers of the service have at most six decimals.
 *
 * @param {number} number
 */
function micro(number) {
  return Math.round(number * 1e6);
}

/**
 * A number in millionths, rounded to whole hundredths; exact halves are rounded away from zero.
 *
 * @param {number} millionths
 */
function hundredths(millionths) {
  return Math.sign(millionths) * Math.floor((Math.abs(millionths) + 5_000) / 10_000) * 10_000;
}

/**
 * A number in millionths as a decimal text without trailing zeros.
 *
 * @param {number} millionths
 */
function plain(millionths) {
  const digits = String(Math.abs(millionths)).padStart(7, "0");
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
  return millionths < 0 ? `-${text}` : text;
}
