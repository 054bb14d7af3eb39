// Types of apache-arrow, which is optional: where it is not installed they are any, and not an error.

// @ts-ignore
export type Arrow = typeof import("apache-arrow");
// @ts-ignore
export type Table = import("apache-arrow").Table;
// @ts-ignore
export type Vector = import("apache-arrow").Vector;
// @ts-ignore
export type DataType = import("apache-arrow").DataType;
