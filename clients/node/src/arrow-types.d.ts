// Types of apache-arrow, which is optional. If it is not installed, the types are `any`.

// @ts-ignore
export type Arrow = typeof import("apache-arrow");
// @ts-ignore
export type Table = import("apache-arrow").Table;
// @ts-ignore
export type Vector = import("apache-arrow").Vector;
// @ts-ignore
export type DataType = import("apache-arrow").DataType;
