// Reads the plain fields of results from messages, and from the columns of tables.
//
// The fields of a result have the same names as those of its message. So a field that is added to a message needs no
// code here.

import { ScalarType } from "@bufbuild/protobuf";

/** @typedef {import("@bufbuild/protobuf").DescMessage} Schema */
/** @typedef {import("@bufbuild/protobuf").DescEnum} DescEnum */

/**
 * The fields of a message that are numbers, texts, flags or enumerations, but neither lists nor messages.
 *
 * @param {Schema} schema
 * @returns {(Schema["fields"][number] & { fieldKind: "scalar" | "enum" })[]}
 */
function plainFields(schema) {
  return schema.fields.filter((field) => field.fieldKind === "scalar" || field.fieldKind === "enum");
}

/**
 * Returns a function that reads the plain fields of a message. Enumerations become words, such as "below_minimum".
 *
 * @param {Schema} schema
 * @returns {(message: any) => any}
 */
export function messageReader(schema) {
  const readers = plainFields(schema).map((field) => {
    const words = field.fieldKind === "enum" ? wordsOf(field.enum) : undefined;
    return { name: field.localName, words };
  });
  return (message) => {
    /** @type {Record<string, unknown>} */
    const values = {};
    for (const { name, words } of readers) {
      values[name] = words ? wordOf(words, message[name]) : message[name];
    }
    return values;
  };
}

/**
 * Returns a function that reads the plain fields from one row of a table, by the names of the columns. Null becomes 0,
 * an empty text or false.
 *
 * @param {Schema} schema
 * @param {string} prefix What comes before the name of a field in the name of its column.
 * @param {string[]} others Fields that have no column.
 * @param {string} suffix What comes after the name of a field in the name of its column.
 * @returns {(cells: (column: string) => any) => any}
 */
export function rowReader(schema, prefix, others = [], suffix = "") {
  const readers = plainFields(schema)
    .filter((field) => !others.includes(field.name))
    .map((field) => ({ name: field.localName, column: prefix + field.name + suffix, empty: empty(field) }));
  return (cells) => {
    /** @type {Record<string, unknown>} */
    const values = {};
    for (const { name, column, empty } of readers) {
      values[name] = cells(column) ?? empty;
    }
    return values;
  };
}

/** @param {ReturnType<typeof plainFields>[number]} field */
function empty(field) {
  const kind = field.fieldKind === "scalar" ? field.scalar : ScalarType.STRING;
  return kind === ScalarType.STRING ? "" : kind === ScalarType.BOOL ? false : 0;
}

/**
 * The word for each number of an enumeration: the member's name in lower case, without the common prefix.
 *
 * @param {DescEnum} description
 * @returns {Record<number, string>}
 */
export function wordsOf(description) {
  const prefix = description.sharedPrefix?.length ?? 0;
  return Object.fromEntries(description.values.map(({ number, name }) => [number, name.slice(prefix).toLowerCase()]));
}

/**
 * The word for a number of an enumeration. A number that only a newer server knows is called "unknown_7".
 *
 * @param {Record<number, string>} words
 * @param {number} number
 * @returns {any}
 */
export function wordOf(words, number) {
  return words[number] ?? `unknown_${number}`;
}
