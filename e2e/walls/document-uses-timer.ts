/** In renderer/document: nothing waits. */
export const timer: unknown = setTimeout(() => undefined, 1);
