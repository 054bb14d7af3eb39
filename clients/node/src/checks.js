// Checks of arguments. Values that the client would not use are refused, not ignored.

import { types } from "node:util";

/**
 * Whether a value is a plain object, such as { a: 1 }. In instances of classes, inherited properties would be missed.
 *
 * @param {unknown} value
 */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Refuses values that are not plain objects, and unknown keys.
 *
 * @param {unknown} value
 * @param {readonly string[]} known
 * @param {string} where
 * @param {string} [kind] The word for a key in messages.
 * @throws {TypeError}
 */
export function checkKeys(value, known, where, kind = "key") {
  if (!isPlainObject(value)) {
    throw new TypeError(`${where}: expected a plain object with ${known.join(", ")}, not ${describe(value)}`);
  }
  for (const key of Reflect.ownKeys(/** @type {object} */ (value))) {
    if (typeof key === "symbol" || !known.includes(key)) {
      throw new TypeError(`${where}: unknown ${kind} ${describe(key)}; ${suggestion(String(key), known)}`);
    }
  }
}

/**
 * Keys and values of a Map or a plain object.
 *
 * @template T
 * @param {Readonly<Record<string, T>> | ReadonlyMap<string, T>} value
 * @param {string} where
 * @returns {[string, T][]}
 * @throws {TypeError}
 */
export function entriesOf(value, where) {
  if (!types.isMap(value) && !isPlainObject(value)) {
    throw new TypeError(`${where}: expected a plain object or a Map, not ${describe(value)}`);
  }
  const entries = types.isMap(value)
    ? [...value]
    : Reflect.ownKeys(value).map((key) => [key, /** @type {any} */ (value)[key]]);
  for (const [key] of entries) {
    checkText(key, `${where}: key`);
  }
  return /** @type {[string, T][]} */ (entries);
}

/**
 * The items of an iterable. Strings and maps are refused, because their items are letters and pairs.
 *
 * @template T
 * @param {Iterable<T>} value
 * @param {string} where
 * @param {string} items The word for the items in messages.
 * @returns {T[]}
 * @throws {TypeError}
 */
export function listOf(value, where, items) {
  if (typeof Object(value)[Symbol.iterator] !== "function" || typeof value === "string" || types.isMap(value)) {
    throw new TypeError(`${where}: expected an array of ${items}, not ${describe(value)}`);
  }
  return Array.from(value);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {string}
 * @throws {TypeError} It is not a string, or UTF-8 cannot express it.
 */
export function checkText(value, where) {
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new TypeError(`${where}: has half of a surrogate pair: ${describe(value)}`);
  }
  if (!isText(value)) {
    throw new TypeError(`${where}: expected a string, not ${describe(value)}`);
  }
  return value;
}

/**
 * Whether a value is a string that UTF-8 can express. Half of a surrogate pair would arrive as another character.
 *
 * @param {unknown} value
 * @returns {value is string}
 */
export function isText(value) {
  return typeof value === "string" && value.isWellFormed();
}

/**
 * Whether a value is a whole number that an int32 can hold.
 *
 * @param {unknown} value
 */
export function isInt32(value) {
  return typeof value === "number" && value === (value | 0);
}

/**
 * A hint for an unknown name: the most similar known name, or all known names.
 *
 * @param {string} name
 * @param {readonly string[]} known
 */
function suggestion(name, known) {
  const distances = known.map((other) => distance(name.toLowerCase(), other.toLowerCase()));
  const least = Math.min(...distances);
  return least <= name.length / 3
    ? `did you mean ${JSON.stringify(known[distances.indexOf(least)])}?`
    : `known are ${known.join(", ")}`;
}

/**
 * The Levenshtein distance: how many letters to insert, delete or replace to turn one word into the other.
 *
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length];
}

/**
 * A value as text for a message; for an object, the name of its class.
 *
 * @param {unknown} value
 */
export function describe(value) {
  if (typeof value === "object" && value !== null) {
    return Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
  }
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/**
 * The item of a list that has this code.
 *
 * @template T
 * @param {T[]} list
 * @param {(item: T) => string} codeOf
 * @param {string} code
 * @param {string} what
 * @throws {RangeError} No item has the code.
 */
export function only(list, codeOf, code, what) {
  const found = list.find((item) => codeOf(item) === code);
  if (found === undefined) {
    throw new RangeError(`no ${what} ${JSON.stringify(code)}`);
  }
  return found;
}
