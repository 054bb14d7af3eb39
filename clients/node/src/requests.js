// Plain values as request messages.

import { create } from "@bufbuild/protobuf";
import {
  AnswerSchema,
  ColumnSchema,
  CriterionExclusionSchema,
  ExclusionSchema,
  ScorecardView,
  UnitAnswersSchema,
  UnitColumnsSchema,
  UnitSchema,
  UnitTableSchema,
} from "../gen/egov/scorer/v1/scorer_pb.js";
import { DateSchema } from "../gen/google/type/date_pb.js";

/**
 * A day; a Temporal.PlainDate is one too. A Date is not: it is a moment, whose day depends on where one is.
 *
 * @typedef {object} Day
 * @property {number} year
 * @property {number} month From 1.
 * @property {number} day From 1.
 */

/**
 * A criteria set: its code; or a day on which exactly one is in force, of those of `series` when that is given.
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
 * @property {string} [name]
 * @property {string} [parent]
 */

/**
 * What a row has besides the unit. An indicator that is left out, null or undefined was not reported, which is not
 * zero.
 *
 * @typedef {object} Answers
 * @property {Readonly<Record<string, Value | null | undefined>>} answers By indicator.
 * @property {readonly string[]} [notApplicable] Ids of criteria that do not apply.
 */

/**
 * One unit with its answers.
 *
 * @typedef {Unit & Answers} Row
 */

/**
 * All units' answers to one indicator, in the order of the units. Numbers, flags (0 or 1) and days since 1970-01-01
 * may come in a typed array, in which NaN is not reported; in others, null, undefined and "" are not reported either.
 *
 * @typedef {Float64Array | Float32Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array |
 *   Int32Array | Uint32Array} Numbers
 * @typedef {Numbers | Iterable<Value | null | undefined>} Column
 */

const MS_OF_A_DAY = 86_400_000;

/**
 * The fields by which requests name a criteria set.
 *
 * @param {CriteriaSetName} name
 */
export function setFields(name) {
  return typeof name === "string"
    ? { criteriaSet: name }
    : { effectiveOn: dayMessage(name.effectiveOn, "effectiveOn"), series: name.series };
}

/**
 * A row for the wire.
 *
 * @param {Row} row
 */
export function rowMessage(row) {
  /** @type {Record<string, import("../gen/egov/scorer/v1/scorer_pb.js").Answer>} */
  const answers = {};
  for (const [code, value] of Object.entries(row.answers)) {
    if (value !== null && value !== undefined) {
      answers[code] = create(AnswerSchema, { value: answer(value, `${row.id}: answers[${JSON.stringify(code)}]`) });
    }
  }
  return create(UnitAnswersSchema, {
    unit: unitMessage(row),
    answers,
    notApplicableCriteria: [...(row.notApplicable ?? [])],
  });
}

/**
 * Units and columns for the wire, in the forms that are fast.
 *
 * @param {readonly Unit[]} units
 * @param {Readonly<Record<string, Column>>} columns
 * @param {Readonly<Record<string, readonly string[]>>} notApplicable
 */
export function tableMessage(units, columns, notApplicable) {
  return create(UnitTableSchema, {
    unitColumns: unitColumns(units),
    columns: Object.entries(columns).map(([code, values]) => columnMessage(code, values)),
    ...exclusions(units, notApplicable),
  });
}

/**
 * By criterion; by unit when one is not there, so that the service can say which, and what may be meant.
 *
 * @param {readonly Unit[]} units
 * @param {Readonly<Record<string, readonly string[]>>} notApplicable
 */
function exclusions(units, notApplicable) {
  const given = Object.entries(notApplicable).filter(([, criteria]) => criteria.length);
  const places = new Map(units.map(({ id }, place) => [id, place]));
  /** @type {Map<string, number[]>} */
  const byCriterion = new Map();
  for (const [unitId, criteria] of given) {
    const place = places.get(unitId);
    if (place === undefined) {
      return {
        exclusions: given.map(([unitId, ids]) => create(ExclusionSchema, { unitId, criterionIds: [...ids] })),
      };
    }
    for (const criterion of criteria) {
      const its = byCriterion.get(criterion) ?? [];
      its.push(place);
      byCriterion.set(criterion, its);
    }
  }
  return {
    criterionExclusions: [...byCriterion].map(([criterionId, unitPlaces]) =>
      create(CriterionExclusionSchema, { criterionId, unitPlaces }),
    ),
  };
}

/**
 * BASIC or FULL.
 *
 * @param {boolean} full
 */
export function view(full) {
  return full ? ScorecardView.FULL : ScorecardView.BASIC;
}

/**
 * Units as columns; what is the same for all stands there once.
 *
 * @param {readonly Unit[]} units
 */
function unitColumns(units) {
  const tiers = units.map(({ tier }) => tier);
  const names = units.map(({ name }) => name ?? "");
  const parents = units.map(({ parent }) => parent ?? "");
  return create(UnitColumnsSchema, {
    ids: units.map(({ id }) => id),
    names: names.some(Boolean) ? names : [],
    tiers: new Set(tiers).size === 1 ? tiers.slice(0, 1) : tiers,
    parents: parents.some(Boolean) ? parents : [],
  });
}

/** @param {Unit} unit */
function unitMessage({ id, name, tier, parent }) {
  return create(UnitSchema, { id, name, tier, parent });
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
      return { case: "choice", value };
    default:
      return { case: "date", value: dayMessage(value, where) };
  }
}

/**
 * @param {Day} day
 * @param {string} where
 */
function dayMessage(day, where) {
  return create(DateSchema, dayOf(day, where));
}

/**
 * @param {string} code
 * @param {Column} values
 */
function columnMessage(code, values) {
  const message = create(ColumnSchema, { indicator: code });
  if (ArrayBuffer.isView(values)) {
    message.numbers = Array.from(/** @type {Numbers} */ (values), Number);
    return message;
  }
  const list = [...values];
  const texts = list.filter((value) => typeof value === "string");
  if (texts.some((text) => text !== "")) {
    const chosen = list.map((value, at) => choice(value, `columns[${JSON.stringify(code)}][${at}]`));
    message.options = [...new Set(chosen)].filter((option) => option !== "");
    const places = new Map(message.options.map((option, place) => [option, place]));
    message.numbers = chosen.map((option) => places.get(option) ?? NaN);
  } else {
    message.numbers = list.map((value, at) => number(value, `columns[${JSON.stringify(code)}][${at}]`));
  }
  return message;
}

/**
 * @param {Value | null | undefined} value
 * @param {string} where
 */
function choice(value, where) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return "";
  }
  if (typeof value !== "string") {
    throw new TypeError(`${where}: expected an option, as others of the column are, not ${String(value)}`);
  }
  return value;
}

/**
 * @param {Value | null | undefined} value
 * @param {string} where
 */
function number(value, where) {
  if (value === null || value === undefined || value === "") {
    return NaN;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return Number(value);
  }
  const { year, month, day } = dayOf(value, where);
  return Date.UTC(year, month - 1, day) / MS_OF_A_DAY;
}

/**
 * A day, or what callers from JavaScript give instead.
 *
 * @param {unknown} value
 * @param {string} where
 * @returns {Day}
 */
function dayOf(value, where) {
  if (value instanceof Date) {
    throw new TypeError(`${where}: a Date is a moment and no day; give { year, month, day }, month and day from 1`);
  }
  const { year, month, day } = /** @type {Day} */ (Object(value));
  if (![year, month, day].every(Number.isInteger)) {
    throw new TypeError(`${where}: expected a boolean, number, string or { year, month, day }, not ${String(value)}`);
  }
  return { year, month, day };
}
