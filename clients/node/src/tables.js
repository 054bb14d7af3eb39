// Converts tables of units to Arrow IPC streams. docs/tables.md of the service describes the columns.

import { types } from "node:util";
import { checkText, describe, entriesOf, listOf } from "./checks.js";
import { criterionIds, dayOf } from "./requests.js";

/** @typedef {import("#arrow-types").Arrow} Arrow */
/** @typedef {import("#arrow-types").DataType} DataType */
/** @typedef {import("#arrow-types").Table} Table */
/** @typedef {import("#arrow-types").Vector} Vector */
/** @typedef {import("./requests.js").Value} Value */

/**
 * A column of numbers as a typed array. NaN means not reported. Flags are 0 and 1.
 *
 * @typedef {Float64Array | Float32Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array |
 *   Int32Array | Uint32Array | BigInt64Array | BigUint64Array} Numbers
 */

/**
 * A column: one value per unit, all of the same type. null, undefined and NaN mean not reported. The column
 * `not_applicable` has an array of criterion ids for each unit.
 *
 * @typedef {Numbers | Vector | Iterable<Value | Iterable<string> | null | undefined>} Column
 */

/**
 * A table of units: a table of apache-arrow, the bytes of an Arrow IPC stream, or columns by name. The columns are
 * `id`; `tier`, unless the option `tier` is given; if needed `name`, `parent` and `not_applicable`; and one per
 * indicator, named by its code.
 *
 * @typedef {Table | Uint8Array | Readonly<Record<string, Column>> | ReadonlyMap<string, Column>} UnitTable
 */

/** Typed arrays that apache-arrow's makeVector does not support. They are read value by value. */
const NO_ARROW_TYPE = ["Uint8ClampedArray", "Float16Array"];

/**
 * Loads the package apache-arrow. Only tables need it.
 *
 * @returns {Promise<Arrow>}
 * @throws {Error} The package is not installed.
 */
export async function loadArrow() {
  try {
    return await import("apache-arrow");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ERR_MODULE_NOT_FOUND") {
      throw new Error("tables need the package apache-arrow: npm install apache-arrow", { cause: error });
    }
    throw error;
  }
}

/**
 * Converts a table to an Arrow IPC stream.
 *
 * @param {Arrow} arrow
 * @param {UnitTable} table
 * @returns {Promise<Uint8Array>}
 * @throws {TypeError} The value is not a table, its columns differ in length, or a column has values of several types.
 */
export async function tableStream(arrow, table) {
  if (types.isUint8Array(table)) {
    return table;
  }
  if (table instanceof arrow.Table) {
    checkCopy(table, arrow.Table, "table");
    return write(arrow, table);
  }
  const columns = entriesOf(/** @type {Readonly<Record<string, Column>>} */ (table), "table").map(([name, values]) => ({
    name,
    vector: vectorOf(arrow, values, `table[${JSON.stringify(name)}]`),
  }));
  for (const { name, vector } of columns) {
    if (vector.length !== columns[0].vector.length) {
      throw new TypeError(
        `table[${JSON.stringify(name)}] has ${vector.length} value${vector.length === 1 ? "" : "s"}, ` +
          `but table[${JSON.stringify(columns[0].name)}] has ${columns[0].vector.length}`,
      );
    }
  }
  return write(arrow, new arrow.Table(Object.fromEntries(columns.map(({ name, vector }) => [name, vector]))));
}

/**
 * Writes a table as a stream without compression. apache-arrow's own tableToIPC damages tables in which two columns
 * share memory.
 *
 * @param {Arrow} arrow
 * @param {Table} table
 */
async function write(arrow, table) {
  const chunks = [];
  for await (const chunk of arrow.RecordBatchStreamWriter.writeAll(table)) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Refuses objects that belong to another copy of apache-arrow, because they would be written wrongly.
 *
 * @param {object} value
 * @param {Function} type
 * @param {string} where
 */
function checkCopy(value, type, where) {
  if (!type.prototype.isPrototypeOf(value)) {
    throw new TypeError(
      `${where}: this ${type.name} belongs to another copy of apache-arrow than the client uses: load one version of ` +
        "it, by import and not by require",
    );
  }
}

/**
 * @param {Arrow} arrow
 * @param {Column} values
 * @param {string} where
 * @returns {Vector}
 */
function vectorOf(arrow, values, where) {
  if (values instanceof arrow.Vector) {
    checkCopy(values, arrow.Vector, where);
    return values;
  }
  if (types.isTypedArray(values) && !NO_ARROW_TYPE.includes(values[Symbol.toStringTag])) {
    return arrow.makeVector(/** @type {Float64Array} */ (values));
  }
  const items = listOf(/** @type {Iterable<unknown>} */ (values), where, "values").map((value) =>
    Number.isNaN(value) ? null : (value ?? null),
  );
  const first = items.findIndex((value) => value !== null);
  if (first === -1) {
    return arrow.vectorFromArray(items, new arrow.Null());
  }
  const kind = kindOf(items[first], `${where}[${first}]`);
  const { type, convert } = kinds(arrow)[kind];
  return arrow.vectorFromArray(
    items.map((value, index) => {
      const path = `${where}[${index}]`;
      if (value !== null && kindOf(value, path) !== kind) {
        throw new TypeError(`${path}: expected a ${kind} like the values before it, not ${describe(value)}`);
      }
      return value === null ? null : convert(/** @type {any} */ (value), path);
    }),
    type,
  );
}

/** @typedef {"boolean" | "number" | "string" | "list" | "day"} ColumnKind */

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {ColumnKind}
 * @throws {TypeError} A column cannot have a value of this kind.
 */
function kindOf(value, where) {
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
      return "number";
    case "string":
      return "string";
    default:
      if (typeof Object(value)[Symbol.iterator] === "function") {
        return "list";
      }
      dayOf(value, where);
      return "day";
  }
}

/**
 * The Arrow type of each kind, and the conversion of its values for apache-arrow.
 *
 * @param {Arrow} arrow
 * @returns {Record<ColumnKind, { type: DataType, convert: (value: any, where: string) => unknown }>}
 */
function kinds(arrow) {
  const text = new arrow.Utf8();
  return {
    boolean: { type: new arrow.Bool(), convert: (value) => value },
    number: { type: new arrow.Float64(), convert: (value) => value },
    string: { type: text, convert: checkText },
    list: { type: new arrow.List(new arrow.Field("item", text)), convert: criterionIds },
    day: { type: new arrow.DateDay(), convert: milliseconds },
  };
}

/**
 * A day in milliseconds since 1970-01-01, which apache-arrow converts to days.
 *
 * @param {unknown} value
 * @param {string} where
 * @throws {RangeError} The day does not exist, such as February 30.
 */
function milliseconds(value, where) {
  const { year, month, day } = dayOf(value, where);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC would treat the year 20 as 1920
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    throw new RangeError(`${where}: ${year}-${month}-${day} is not a day of the calendar`);
  }
  return date.getTime();
}
