// Checks of what callers give: nothing that the client would not read is ignored in silence.

import { types } from "node:util";

/**
 * A plain object, such as { a: 1 }. What an instance of a class inherits would be overlooked.
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
 * Refuses what is no plain object, and keys that nobody reads.
 *
 * @param {unknown} value
 * @param {readonly string[]} known
 * @param {string} where
 * @param {string} [kind] What a key is called.
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
 * A list from anything that can be iterated, but for texts, whose items are letters, and maps, whose items are pairs.
 *
 * @template T
 * @param {Iterable<T>} value
 * @param {string} where
 * @param {string} items What it should hold.
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
 * @throws {TypeError} Not a string, or one that UTF-8 cannot express.
 */
export function checkText(value, where) {
  if (!isText(value)) {
    throw new TypeError(`${where}: expected a string, not ${describe(value)}`);
  }
  return value;
}

/**
 * A string that UTF-8 can express: half a surrogate pair would arrive as another letter.
 *
 * @param {unknown} value
 * @returns {value is string}
 */
export function isText(value) {
  return typeof value === "string" && value.isWellFormed();
}

/**
 * A whole number that an int32 can hold.
 *
 * @param {unknown} value
 */
export function isInt32(value) {
  return typeof value === "number" && value === (value | 0);
}

/**
 * The known name that may have been meant, or all of them.
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
 * Letters to insert, delete or replace to make one word of the other (Levenshtein distance).
 *
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
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
 * A value for a message; of an object its class.
 *
 * @param {unknown} value
 */
export function describe(value) {
  if (typeof value === "object" && value !== null) {
    return Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
