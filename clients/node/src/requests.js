// Converts rows and names of criteria sets to request messages.

import { types } from "node:util";
import { create } from "@bufbuild/protobuf";
import { AnswerSchema, ScorecardView, UnitAnswersSchema, UnitSchema } from "../gen/egov/scorer/v1/scorer_pb.js";
import { DateSchema } from "../gen/google/type/date_pb.js";
import { checkKeys, checkText, describe, entriesOf, isInt32, isPlainObject, listOf } from "./checks.js";

/**
 * A day. A Temporal.PlainDate is accepted too. A Date is refused: it is a moment, and its day depends on the time zone.
 *
 * @typedef {object} Day
 * @property {number} year
 * @property {number} month From 1.
 * @property {number} day From 1.
 */

/**
 * How a criteria set is named: by its code; or by a day on which exactly one set is in force, or with `series`, exactly
 * one set of this series.
 *
 * @typedef {string | { effectiveOn: Day, series?: string }} CriteriaSetName
 */

/**
 * An answer: a boolean for a flag, a number for a count or number, a string for a choice, a day for a date.
 *
 * @typedef {boolean | number | string | Day} Value
 */

/**
 * A government unit.
 *
 * @typedef {object} Unit
 * @property {string} id
 * @property {string} tier
 * @property {string | null} [name]
 * @property {string | null} [parent]
 */

/**
 * Answers by indicator code. An answer that is absent, null or undefined was not reported; this is different from 0.
 *
 * @typedef {Readonly<Record<string, Value | null | undefined>> | ReadonlyMap<string, Value | null | undefined>} Answers
 */

/**
 * The answers of a unit.
 *
 * @typedef {object} Reported
 * @property {Answers} answers
 * @property {Iterable<string> | null} [notApplicable] Ids of the criteria that do not apply to the unit.
 */

/**
 * One unit with its answers.
 *
 * @typedef {Unit & Reported} Row
 */

const ROW_KEYS = ["id", "tier", "name", "parent", "answers", "notApplicable"];
const DAY_KEYS = ["year", "month", "day"];

/**
 * The fields by which requests name a criteria set.
 *
 * @param {CriteriaSetName} name
 */
export function setFields(name) {
  if (typeof name === "string") {
    return { criteriaSet: checkText(name, "criteria set") };
  }
  checkKeys(name, ["effectiveOn", "series"], "criteria set");
  return {
    effectiveOn: create(DateSchema, dayOf(name.effectiveOn, "criteria set: effectiveOn", "{ year, month, day }")),
    series: checkText(name.series ?? "", "series"),
  };
}

/**
 * The view FULL or BASIC.
 *
 * @param {boolean} full
 */
export function view(full) {
  return full ? ScorecardView.FULL : ScorecardView.BASIC;
}

/**
 * Converts a row to a message.
 *
 * @param {Row} row
 * @param {string} where What messages call the row if it has no id.
 * @throws {TypeError} The row has an unknown key, or a value that cannot be sent.
 */
export function rowMessage(row, where) {
  const named = typeof row?.id === "string" && row.id !== "" ? row.id : where;
  checkKeys(row, ROW_KEYS, named);
  const answers = entriesOf(row.answers, `${named}: answers`)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([code, value]) => {
      const message = answer(/** @type {Value} */ (value), `${named}: answers[${JSON.stringify(code)}]`);
      return [code, create(AnswerSchema, { value: message })];
    });
  return create(UnitAnswersSchema, {
    unit: create(UnitSchema, {
      id: checkText(row.id, `${named}: id`),
      name: checkText(row.name ?? "", `${named}: name`),
      tier: checkText(row.tier, `${named}: tier`),
      parent: checkText(row.parent ?? "", `${named}: parent`),
    }),
    answers: Object.fromEntries(answers),
    notApplicableCriteria: criterionIds(row.notApplicable ?? [], `${named}: notApplicable`),
  });
}

/**
 * Checks ids of criteria that do not apply.
 *
 * @param {Iterable<string>} ids
 * @param {string} where
 */
export function criterionIds(ids, where) {
  return listOf(ids, where, "ids of criteria").map((id, index) => checkText(id, `${where}[${index}]`));
}

/**
 * Returns the value if it is a day of the ISO calendar, without a time.
 *
 * @param {unknown} value
 * @param {string} where
 * @param {string} [expected] What the value may be, for messages.
 * @returns {Day}
 * @throws {TypeError}
 */
export function dayOf(value, where, expected = "a boolean, number, string or { year, month, day }") {
  if (types.isDate(value)) {
    throw new TypeError(`${where}: a Date is a moment, not a day; give { year, month, day }, month and day from 1`);
  }
  const { year, month, day, hour, calendarId = "iso8601" } = Object(value);
  if (![year, month, day].every(isInt32)) {
    throw new TypeError(`${where}: expected ${expected}, not ${describe(value)}`);
  }
  if (isPlainObject(value)) {
    checkKeys(value, DAY_KEYS, where);
  }
  if (hour !== undefined || calendarId !== "iso8601") {
    throw new TypeError(
      `${where}: ${describe(value)} has a time or another calendar; give a PlainDate of the ISO calendar`,
    );
  }
  return { year, month, day };
}

/**
 * @param {Value} value
 * @param {string} where
 * @returns {import("../gen/egov/scorer/v1/scorer_pb.js").Answer["value"]}
 */
function answer(value, where) {
  switch (typeof value) {
    case "boolean":
      return { case: "flag", value };
    case "number":
      return { case: "number", value };
    case "string":
      return { case: "choice", value: checkText(value, where) };
    default:
      return { case: "date", value: create(DateSchema, dayOf(value, where)) };
  }
}
