/** In electron/policy: decisions see what they are given. */
export const home: unknown = process.env;
