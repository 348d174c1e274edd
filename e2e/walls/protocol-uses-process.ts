/** In relay/protocol: there is no Node. */
export const home: unknown = process.env;
