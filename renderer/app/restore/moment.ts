/** When something was, as a person here writes it: the day in words, the time to the minute. */
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

export const shownMoment = (atMs: number): string => format.format(atMs);
