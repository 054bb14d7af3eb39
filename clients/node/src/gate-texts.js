// Reads the causes of a unit from the text in a column `failing` of a table.

import { Cause } from "./causes.js";

/** @typedef {import("./causes.js").Gate} Gate */
/** @typedef {(column: string) => any} Cells The cells of one row. */

/** Matches what a level or limit requires in a column `failing`, such as "level 3: total >= 80%". */
const RULE = /^(level|limit) (\d+): (.+)$/;

/** Matches a combination, such as "1 of 2 (presence >= 80%, total >= 70%)". */
const SOME = /^(\d+) of (\d+) \((.+)\)$/;

/** Matches a gate on a measure, such as "total >= 80%". */
const GATE = /^(\S+) (>=|>|<=|<) ([\d.]+)(%?)$/;

/** Matches a gate on another category, such as "level(readiness) <= 2". */
const LEVEL_GATE = /^level\((\S+)\) (<=|>) (\d+)$/;

/** Matches a gate on an answer, such as "firewall = true". */
const ANSWER_GATE = /^(\S+) (=|!=) (\S+)$/;

/** @type {Gate} */
const NO_GATE = {
  level: 0,
  measure: "",
  unit: "",
  minimum: 0,
  strict: false,
  upper: false,
  indicator: "",
  options: [],
  category: "",
  categoryLevel: 0,
  excluded: false,
  limit: 0,
};

/** @type {import("./causes.js").Found} */
const NOTHING_FOUND = { value: 0, answer: "", reachedLevel: 0, atLeast: 0, outOf: 0, of: [] };

/**
 * The causes in a cell such as "level 3: infrastructure >= 12.5, 1 of 2 (presence >= 80%, total >= 70%)", with the
 * unit's values from other columns.
 *
 * @param {Cells} cells
 * @param {string} prefix Prefix of the category's columns.
 * @returns {Cause[]}
 */
export function causes(cells, prefix) {
  /** @type {string | null} */
  const failing = cells(`${prefix}failing`);
  if (failing === null) {
    return [];
  }
  return split(failing, "; ").flatMap((rule) => {
    const [, kind, number, items] = RULE.exec(rule) ?? [];
    const [level, limit] = kind === "level" ? [Number(number), 0] : [0, Number(number)];
    return split(items, ", ").map((item) => cause(item, { ...NO_GATE, level, limit }, cells, prefix));
  });
}

/**
 * The cause for the text of a gate or a combination.
 *
 * @param {string} text
 * @param {Gate} none A gate that has only its level or limit.
 * @param {Cells} cells
 * @param {string} prefix
 * @returns {Cause}
 */
function cause(text, none, cells, prefix) {
  const some = SOME.exec(text);
  if (some) {
    const of = split(some[3], ", ").map((item) => cause(item, none, cells, prefix));
    return new Cause(none, { ...NOTHING_FOUND, atLeast: Number(some[1]), outOf: Number(some[2]), of });
  }
  const level = LEVEL_GATE.exec(text);
  if (level) {
    const gate = { ...none, category: level[1], categoryLevel: Number(level[3]), excluded: level[2] === ">" };
    return new Cause(gate, { ...NOTHING_FOUND, reachedLevel: cells(`${level[1]}.level`) ?? 0 });
  }
  const answer = ANSWER_GATE.exec(text);
  if (answer) {
    const options = answer[3].split("|").map(decodeURIComponent);
    const gate = { ...none, indicator: answer[1], options, excluded: answer[2] === "!=" };
    return new Cause(gate, { ...NOTHING_FOUND, answer: cells(`${prefix}${answer[1]}.answer`) ?? "" });
  }
  const [, measure, sign, minimum, percent] = GATE.exec(text) ?? [];
  const unit = /** @type {"percent" | "points"} */ (percent ? "percent" : "points");
  const value = cells(measure === "total" ? `${prefix}${unit}` : `${prefix}${measure}.${unit}`);
  const [strict, upper] = [!sign.endsWith("="), sign.startsWith("<")];
  return new Cause({ ...none, measure, unit, minimum: Number(minimum), strict, upper }, { ...NOTHING_FOUND, value });
}

/**
 * The parts of a text between separators that are not in parentheses.
 *
 * @param {string} text
 * @param {string} separator
 */
function split(text, separator) {
  const parts = [];
  let [depth, start] = [0, 0];
  for (let index = 0; index < text.length; index += 1) {
    depth += text[index] === "(" ? 1 : text[index] === ")" ? -1 : 0;
    if (depth === 0 && text.startsWith(separator, index)) {
      parts.push(text.slice(start, index));
      start = index + separator.length;
    }
  }
  return [...parts, text.slice(start)];
}
